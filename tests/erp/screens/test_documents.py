"""A document's pages: made, read, edited by two people at once, stopped, with its files, history and diagram."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

from flask.testing import FlaskClient

from erp import operations
from erp.screens import ways
from erp.workflow import definitions
from erp.workflow.diagrams.diagram import parse
from tests.erp.screens.conftest import Workshop
from tests.painted import png

Post = Callable[..., Any]
JPEG = png()


def html(client: FlaskClient, url: str) -> str:
    answer = client.get(url)
    assert answer.status_code == 200, (answer.status_code, answer.get_data(as_text=True)[:3000])
    return answer.get_data(as_text=True)


def test_taking_in_asks_what_the_counter_knows(workshop: Workshop, grace: FlaskClient):
    page = html(grace, "/repair_order/new")
    assert 'name="item"' in page
    assert 'name="customer__text"' in page
    assert 'name="photos"' in page
    assert 'name="work_done"' not in page


def test_an_item_is_taken_in_with_its_photo(workshop: Workshop, grace: FlaskClient, post: Post):
    customer = workshop.customer()
    answer = post(grace, "/repair_order/new", {
        "customer": str(customer), "item": "Canon EOS R6", "fault": "Error 20", "photos": (io.BytesIO(JPEG), "front.jpg"),
    })  # fmt: skip
    assert answer.status_code == 302
    url = answer.headers["Location"]
    page = html(grace, url)
    assert "Canon EOS R6" in page
    assert "Amina Hassan" in page
    assert "front.jpg" in page
    assert "Inspect item" in page
    assert "Technician" in page
    assert "front.jpg" in html(grace, f"{url}/files")


def test_a_customer_may_be_written_by_name(workshop: Workshop, grace: FlaskClient, post: Post):
    workshop.customer("Naomi Achieng")
    typed = {"customer__text": "naomi achieng", "item": "Sony", "fault": "Dark"}
    assert post(grace, "/repair_order/new", typed).status_code == 302
    answer = post(grace, "/repair_order/new", typed | {"customer__text": "Nobody Known"})
    assert answer.status_code == 422
    assert "There is no “Nobody Known”. Choose one of the list." in answer.get_data(as_text=True)


def test_what_was_typed_is_kept_beside_what_is_wrong(workshop: Workshop, grace: FlaskClient, post: Post):
    answer = post(grace, "/repair_order/new", {"item": "", "fault": "Error <20>", "promised_on": "soon"})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "Fill this in." in page
    assert "“soon” is not a date. Write it as year-month-day." in page
    assert "Error &lt;20&gt;" in page
    assert 'value="soon"' in page


def test_a_second_customer_with_the_same_number_is_refused_at_its_field(
    workshop: Workshop, grace: FlaskClient, post: Post
):
    workshop.customer("Naomi", number="17850")
    answer = post(grace, "/party/new", {"name": "Nila", "number": "17850", "kind": "person"})
    assert answer.status_code == 422
    assert "There is already one with this value." in answer.get_data(as_text=True)
    assert 'value="Nila"' in answer.get_data(as_text=True)


def test_who_saves_later_sees_the_others_change_first(workshop: Workshop, grace: FlaskClient, post: Post):
    customer = workshop.customer("Naomi")
    url = f"/party/{customer}/edit"
    assert 'name="version" value="1"' in html(grace, url)
    with workshop.company.person("TENANT_MANAGER", name="Peter Kamau").acting():
        operations.edit(customer, "party", {"phone": "+254 711 000 000"}, version=1)
    mine = {"name": "Naomi Achieng", "phone": "+254 722 111 111", "kind": "person", "version": "1"}
    answer = post(grace, url, mine)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 412
    assert "Peter Kamau saved a change while you were writing" in page
    assert "+254 711 000 000" in page
    assert 'value="Naomi Achieng"' in page
    assert 'name="version" value="2"' in page
    assert post(grace, url, mine | {"version": "2"}).status_code == 302
    assert "Naomi Achieng" in html(grace, f"/party/{customer}")


def test_the_process_decides_what_may_be_edited(workshop: Workshop, grace: FlaskClient):
    order = workshop.order()
    assert grace.get(f"/repair_order/{order}/edit").status_code == 403


def test_the_history_tells_fields_and_steps_in_words(workshop: Workshop, grace: FlaskClient):
    order = workshop.order("Canon")
    workshop.inspected(order)
    page = html(grace, f"/repair_order/{order}/history")
    assert "Repair order made" in page
    assert "Grace Njeri" in page
    assert "Inspect item: done" in page
    assert "Daniel Otieno" in page
    assert "<ins><bdi>Shutter worn</bdi></ins>" in page
    assert "<ins><bdi>Amina Hassan</bdi></ins>" in page
    steps = html(grace, f"/repair_order/{order}/history?show=steps")
    assert "Shutter worn" not in steps
    assert "Can it be repaired? Yes" in steps


def test_the_diagram_shows_where_it_is_and_why(workshop: Workshop, grace: FlaskClient):
    order = workshop.order()
    workshop.inspected(order)
    page = html(grace, f"/repair_order/{order}/process")
    assert "Version 1" in page
    assert "Inspect item" in page
    assert "Prepare quote" in page
    assert "running" in page
    why = html(grace, f"/repair_order/{order}/process?element=repairable")
    assert "Why this way: Can it be repaired?" in why
    assert "Yes, so the process went on to “Inspected”." in why
    assert html(grace, f"/repair_order/{order}/process?element=nonsense")
    xml = grace.get(f"/repair_order/{order}/process.bpmn")
    assert parse(xml.get_data()).id == "repair_order"


def test_the_next_steps_follow_the_longest_way(workshop: Workshop):
    bpmn = definitions.shipped("repair_order")
    assert bpmn is not None
    way = [element.id for element in ways.main_way(parse(bpmn), "inspect")]
    assert way.index("prepare_quote") < way.index("repair") < way.index("take_payment")
    assert way[-1].startswith("delivered")
    assert "return_item" not in way
    later = [element.id for element in ways.main_way(parse(bpmn), "check_quality")]
    assert later == way[way.index("check_quality") + 1 :]
    beside = [element.id for element in ways.main_way(parse(bpmn), "hand_over")]
    assert beside[:3] == ["note_hand_over", "handed_how", "render_receipt"]


def test_files_are_sent_as_what_they_are(workshop: Workshop, grace: FlaskClient, post: Post):
    order = workshop.order()
    url = f"/repair_order/{order}/files"
    answer = post(grace, url, {"file": (io.BytesIO(b"<script>alert(1)</script>"), "photo.jpg")})
    assert answer.status_code == 422
    assert "is neither a picture, a PDF, a text nor a sheet." in answer.get_data(as_text=True)
    assert post(grace, url, {"file": (io.BytesIO(b"hello\n"), "tag.txt")}).status_code == 302
    page = html(grace, url)
    file_url = page.partition(f'href="{url}/')[2].partition('"')[0]
    answer = grace.get(f"{url}/{file_url}")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Disposition"].startswith("attachment;")
    other = workshop.order("Sony")
    assert grace.get(f"/repair_order/{other}/files/{file_url}").status_code == 404


def test_stopping_a_process_needs_a_reason(workshop: Workshop, grace: FlaskClient, post: Post):
    order = workshop.order()
    url = f"/repair_order/{order}/cancel"
    assert "Stop the process of RO-" in html(grace, url)
    assert post(grace, url, {"reason": " "}).status_code == 422
    assert post(grace, url, {"reason": "Brought in twice"}).status_code == 302
    assert "Stopped" in html(grace, f"/repair_order/{order}")


def test_another_companys_document_is_not_there(
    workshop: Workshop, make_company: Callable[..., Any], sign_in: Callable[..., FlaskClient]
):
    order = workshop.order()
    stranger = sign_in(make_company("Other").person("Counter"))
    for page in ("", "/edit", "/process", "/process.bpmn", "/history", "/files", "/files/1", "/cancel"):
        assert stranger.get(f"/repair_order/{order}{page}").status_code == 404, page
    assert stranger.get(f"/inbox/{workshop.task(order)}").status_code == 404
    assert "Canon" not in html(stranger, "/search?q=canon")


def test_a_picker_offers_what_may_be_chosen(workshop: Workshop, grace: FlaskClient, sign_in: Any):
    workshop.customer("Naomi Achieng")
    found = grace.get("/party/pick?q=naomi").get_json()["results"]
    assert [(each["text"], each["sub"]) for each in found] == [("Naomi Achieng", "+254 700 553 218")]
    assert grace.get("/party/pick").get_json()["results"]


def test_the_search_groups_what_it_finds(workshop: Workshop, grace: FlaskClient):
    order = workshop.order("Canon EOS", customer=workshop.customer("Naomi Achieng"))
    page = html(grace, "/search?q=naomi")
    assert "Customers" in page
    assert "Repair orders" in page
    assert f"/repair_order/{order}" in page
    with workshop.counter.acting():
        number = str(getattr(operations.get("repair_order", order), "number", ""))
    assert grace.get(f"/search?q={number}").headers["Location"] == f"/repair_order/{order}"
    assert "Nothing found" in html(grace, "/search?q=zebra")
