"""What stands around a document: messages, reminders, related documents, a copy, putting away, the bell, and help."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from PIL import Image

from erp import clock, operations, prepare
from erp.comments import messages
from erp.config import ROOT
from erp.documents.types import declared
from erp.web import guide
from erp.web.help import names_in
from tests.erp.screens.conftest import Workshop
from tests.erp.screens.test_documents import html

Post = Callable[..., Any]
PAGES = {
    "index", "list", "show", "add", "edit", "history", "process", "files", "messages", "related", "import_", "sheet", "export",
    "columns", "filter", "views", "invite", "member", "new", "role", "rule", "own", "company", "branch", "holidays", "kinds",
    "schedules", "sign_ins", "of_type", "language", "task",
}  # fmt: skip
"""Methods of views that answer with a page of the menu, or of something on it."""
NO_PAGES = {"api", "help", "begin", "join", "link", "counts", "metrics"}
"""Where addresses begin that lead to none: programs ask there, or people who have not signed in."""
TRAP = "<script>alert(1)</script> <b>@Daniel Otieno</b> &amp; https://example.com/?a=1&b=2"


def tabs(page: str) -> dict[str, str]:
    """{label: count} of a document's tabs."""
    found = re.search(r'class="mr-tabs">.*?</nav>', page, re.DOTALL)
    assert found is not None
    return dict(re.findall(r'href="[^"]+"(?: aria-current="page")?>([^<]+)(?:<b>(\d+)</b>)?', found[0]))


def test_a_message_is_said_read_counted_and_never_run(workshop: Workshop, grace: FlaskClient, post: Post):
    order = workshop.order()
    url = f"/repair_order/{order}"
    assert tabs(html(grace, url))["Messages"] == ""
    assert post(grace, f"{url}/messages", {"text": TRAP}).status_code == 302
    page = html(grace, f"{url}/messages")
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert '<b class="mr-mention"><bdi>@Daniel Otieno</bdi></b>' in page
    assert tabs(page)["Messages"] == "1"
    front = html(grace, url)
    assert "“&lt;script&gt;alert(1)" in front
    assert "“&lt;script&gt;" in html(grace, f"{url}/history")
    answer = post(grace, f"{url}/messages", {"text": "  "})
    assert answer.status_code == 422
    assert "Write something first." in answer.text


def test_ones_own_message_is_put_right_and_taken_back(
    workshop: Workshop, grace: FlaskClient, daniel: FlaskClient, post: Post
):
    order = workshop.order()
    url = f"/repair_order/{order}/messages"
    post(grace, url, {"text": "Call her"})
    with workshop.counter.acting():
        said = messages.page("repair_order", order)[0][0].id
    assert "Put right" not in html(daniel, url)
    assert post(daniel, f"{url}/{said}", {"text": "x"}).status_code == 403
    answer = post(grace, f"{url}/{said}", {"text": "y" * 4001})
    assert answer.status_code == 422
    assert "This is longer than 4000 letters." in answer.text
    assert "y" * 4001 in answer.text
    assert post(grace, f"{url}/{said}", {"text": "Call him"}).status_code == 302
    assert "put right" in html(grace, url)
    assert post(grace, f"/repair_order/{workshop.order()}/messages/{said}", {"text": "x"}).status_code == 404
    assert post(grace, f"{url}/{said}", {"do": "take_back"}).status_code == 302
    page = html(grace, url)
    assert "Call him" not in page
    assert "Taken back." in page
    assert tabs(page)["Messages"] == ""


def test_a_reminder_is_set_seen_on_the_overview_and_done(
    workshop: Workshop, grace: FlaskClient, daniel: FlaskClient, post: Post
):
    order = workshop.order()
    url = f"/repair_order/{order}"
    offered = grace.get(f"{url}/colleagues?q=dan").get_json()["results"]
    assert [each["text"] for each in offered] == ["Daniel Otieno"]
    given = {"member": str(workshop.technician.member_id), "due_on": "soon", "note": "Parts from Nikon?"}
    answer = post(grace, f"{url}/reminders", given)
    assert answer.status_code == 422
    assert "“soon” is not a date" in answer.text
    assert 'value="Parts from Nikon?"' in answer.text
    day = (clock.now() + timedelta(days=3)).date().isoformat()
    assert post(grace, f"{url}/reminders", given | {"due_on": day}).status_code == 302
    assert "Parts from Nikon?" in html(grace, f"{url}/messages")
    home = html(daniel, "/")
    assert "Parts from Nikon?" in home
    assert "Parts from Nikon?" not in html(grace, "/")
    done = re.search(rf'action="({url}/reminders/\d+)"', html(daniel, f"{url}/messages"))
    assert done is not None
    assert post(daniel, done[1]).status_code == 302
    assert "Parts from Nikon?" not in html(daniel, "/")


def test_the_bell_counts_what_is_new_until_it_is_read(
    workshop: Workshop, grace: FlaskClient, daniel: FlaskClient, post: Post
):
    order = workshop.order()
    post(grace, f"/repair_order/{order}/messages", {"text": "@Daniel Otieno <i>look</i>"})
    assert daniel.get("/inbox/stream?once=1").get_json()["unread"] == 1
    assert re.search(r"data-unread>1</b>", html(daniel, "/"))
    newest = html(daniel, "/notifications/newest")
    assert "Grace Njeri mentioned you in RO-" in newest
    assert "@Daniel Otieno &lt;i&gt;look&lt;/i&gt;" in newest
    read = re.search(r'data-read="([^"]+)"', newest)
    assert read is not None
    assert post(daniel, read[1]).status_code == 302
    assert daniel.get("/inbox/stream?once=1").get_json()["unread"] == 0
    assert "You have read everything." in html(daniel, "/notifications/?show=unread")
    assert post(grace, read[1]).status_code == 404


def test_everybody_chooses_what_they_are_told(workshop: Workshop, daniel: FlaskClient, post: Post):
    url = "/notifications/preferences"
    assert 'name="mail" value="mentioned" aria-label="Somebody mentions me: by e-mail" checked' in html(daniel, url)
    wrong = {"app": "mentioned", "when": "daily", "digest_at": "25:00", "quiet_from": "20:00", "quiet_until": ""}
    answer = post(daniel, url, wrong)
    assert answer.status_code == 422
    assert "“25:00” is not a time of day." in answer.text
    answer = post(daniel, url, wrong | {"digest_at": "17:30"})
    assert "Quiet hours need a beginning and an end." in answer.text
    assert post(daniel, url, wrong | {"digest_at": "17:30", "quiet_until": "۰۷:۰۰"}).status_code == 302
    page = html(daniel, url)
    assert 'value="17:30"' in page
    assert 'value="07:00"' in page
    assert 'value="mentioned" aria-label="Somebody mentions me: by e-mail" checked' not in page


def test_what_belongs_together_is_found_from_both_ends(workshop: Workshop, grace: FlaskClient):
    customer = workshop.customer()
    order = workshop.order(customer=customer)
    assert f"/party/{customer}" in html(grace, f"/repair_order/{order}/related")
    page = html(grace, f"/party/{customer}/related")
    assert f"/repair_order/{order}" in page
    assert "Inspect" not in page
    assert tabs(page)["Related"] == "1"


def test_a_copy_takes_over_what_may_be_the_same_and_keeps_nothing_by_itself(workshop: Workshop, grace: FlaskClient):
    customer = workshop.customer("Naomi", number="17850", country="Kenya")
    page = html(grace, f"/party/new?copy={customer}")
    assert 'value="Naomi"' in page
    assert 'value="Kenya"' in page
    assert "17850" not in page
    assert "nothing is kept before you save it" in page
    order = workshop.order(customer=customer, promised_on=clock.now().date() + timedelta(days=9))
    page = html(grace, f"/repair_order/new?copy={order}")
    assert "Error 20 after a fall" in page
    assert str((clock.now().date() + timedelta(days=9)).isoformat()) not in page
    assert f"/repair_order/new?copy={order}" in html(grace, f"/repair_order/{order}")
    assert grace.get(f"/party/new?copy={2**40}").status_code == 404


def test_a_customer_is_put_away_and_taken_back(workshop: Workshop, grace: FlaskClient, post: Post):
    customer = workshop.customer("Naomi Achieng")
    order = workshop.order(customer=customer)
    assert post(grace, f"/party/{customer}/archive").status_code == 302
    assert "lists and pickers no longer offer it" in html(grace, f"/party/{customer}")
    assert "Naomi Achieng" not in html(grace, "/party/")
    assert "Naomi Achieng" in html(grace, "/party/?view=archived")
    assert "Naomi Achieng" in html(grace, f"/repair_order/{order}")
    assert "Naomi Achieng" in html(grace, "/search?q=naomi")
    for query in ("?q=naomi", ""):
        assert grace.get(f"/party/pick{query}").get_json()["results"] == []
    typed = {"customer__text": "naomi achieng", "item": "Sony", "fault": "Dark"}
    assert post(grace, "/repair_order/new", typed).status_code == 422
    assert post(grace, "/repair_order/new", {**typed, "customer": str(customer)}).status_code == 422
    page = html(grace, f"/party/{customer}")
    assert "Put away" in page
    assert post(grace, f"/party/{customer}/unarchive").status_code == 302
    assert "Naomi Achieng" in html(grace, "/party/")
    history = html(grace, f"/party/{customer}/history")
    assert history.rindex("Taken back") < history.rindex("Put away")
    assert post(grace, f"/repair_order/{order}/archive").status_code == 409
    with workshop.technician.acting():
        assert operations.get("party", customer).title == "Naomi Achieng"


def test_help_fits_the_page_and_is_searched(workshop: Workshop, grace: FlaskClient):
    order = workshop.order()
    link = re.search(r'href="(/help/\?for=[^"]+)"', html(grace, f"/repair_order/{order}"))
    assert link is not None
    assert "A repair order" in html(grace, f"{link[1]}&part=1")
    assert "Your day" in html(grace, "/help/?for=Inbox.index")
    contents = html(grace, "/help/")
    assert "In the office" in contents
    assert 'href="/help/office#lists"' in contents
    assert "Nothing is said" not in contents
    found = html(grace, "/help/?q=remind")
    assert "/help/office#" in found
    assert "The guide says nothing about “zebra&lt;b&gt;”" in html(grace, "/help/?q=zebra<b>")
    assert 'id="lists"' in html(grace, "/help/office")
    assert grace.get("/help/nothing").status_code == 404


def test_every_picture_of_a_guide_is_shown_and_none_is_left_over(grace: FlaskClient):
    said = {path: path.read_text() for path in [ROOT / "README.md", *(ROOT / "docs" / "guide").glob("*.md")]}
    shown = set().union(
        *(re.findall(r"!\[[^\]]{20,}\]\([\w./]*images/([\w-]+\.png)\)", text) for text in said.values())
    )
    assert shown == {path.name for path in (ROOT / "docs" / "images").iterdir()}
    for name in ("office", "developer"):
        pictures = re.findall(r'<img src="([^"]+)" alt="[^"]{20,}"', html(grace, f"/help/{name}"))
        assert pictures
        for address in pictures:
            answer = grace.get(address)
            assert answer.mimetype == "image/png"
            Image.open(io.BytesIO(answer.data)).verify()
    assert grace.get("/help/images/nothing.png").status_code == 404
    assert grace.get("/help/images/..%2Fguide%2Foffice.md").status_code == 404


def test_every_page_has_a_part_of_the_guide(app: Flask):
    known = guide.guides(guide.folders([plugin.folder for plugin in prepare.loaded().values()]), "en")
    views = {view.endpoint: view for view in app.appbuilder.baseviews}  # type: ignore[attr-defined]
    silent = set()
    for rule in app.url_map.iter_rules():
        blueprint, _dot, method = rule.endpoint.partition(".")
        kind = rule.rule.split("/")[1]
        if blueprint not in views or method not in PAGES or "GET" not in (rule.methods or ()):
            continue
        names = names_in(f"{kind if kind in declared() else blueprint}.{method}")
        if kind not in NO_PAGES and not guide.fitting(known, names):
            silent.add(rule.rule)
    assert silent == set()


def test_a_guide_cannot_smuggle_anything_in(tmp_path: Any):
    place = tmp_path / "docs" / "guide"
    (place / "fa").mkdir(parents=True)
    text = "# Tills\n\n## Open {x}\n<!-- help: list, sale.show -->\n<script>x</script> [a](javascript:x) [b](office.md#lists)\n"
    text += '![The "till"](../images/till.png) ![Gone](../images/gone.png) ![Outside](https://example.com/a.png)'
    (place / "till.md").write_text(text)
    (place / "fa" / "till.md").write_text("# صندوق\n\n## باز\nسلام")
    pictures = tmp_path / "docs" / "images"
    pictures.mkdir()
    Image.new("RGB", (640, 400)).save(pictures / "till.png")
    known = guide.guides([tmp_path], "en")
    [part] = guide.fitting(known, ["list"])
    shown = guide.html(part, [tmp_path])
    assert "<script>" not in shown
    assert 'src="/help/images/till.png" alt="The &quot;till&quot;" width="640" height="400"' in shown
    assert "<em>Gone</em>" in shown
    assert "<em>Outside</em>" in shown
    assert shown.count("<img") == 1
    assert 'href="javascript' not in shown
    assert 'href="/help/office#lists"' in shown
    assert guide.guides([tmp_path], "fa")["till"].title == "صندوق"
    assert guide.guides([tmp_path], "sw")["till"].title == "Tills"
