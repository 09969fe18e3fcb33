"""Running documents are moved from the studio: looked at, chosen for, started, followed, rolled back."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from erp.data.base import transaction
from erp.jobs import worker
from erp.modelling import migrating
from erp.testing.pytest_plugin import Company, Person
from erp.workflow import definitions
from tests.erp.modelling.test_migrating import renamed
from tests.erp.studio.test_pages import at_work
from tests.erp.workflow.drawn import Task, drawn, publish
from tests.repairs.conftest import Shop, shop  # noqa: F401

SignIn = Callable[[Person], FlaskClient]
KEY = "repair_order"


@pytest.fixture
def lydia(company: Company) -> Person:
    return company.person("TENANT_ANALYST", name="Lydia Wambui")


def published(who: Person, *steps: Task) -> int:
    with who.acting(source="system"), transaction():
        return definitions.publish(KEY, drawn(*steps))


def said(client: FlaskClient, url: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", client.get(url).text))


def test_more_than_may_wait_for_are_judged_in_the_background(
    shop: Shop,  # noqa: F811
    lydia: Person,
    sign_in: SignIn,
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(migrating, "MOST", 1)
    publish(lydia, {"id": "look"}, {"id": "pay"})
    shop.receive()
    shop.receive()
    shop.do(shop.grace, "look")
    to = published(lydia, {"id": "gaze"}, {"id": "pay"})
    client = at_work(sign_in, lydia)
    url = f"/studio/{KEY}/versions/{to}/move"
    assert "1 more is judged when it moves." in said(client, url)
    batch = client.post(url, data={"step": "judge"}).headers["Location"]
    worker.drain()
    told = said(client, batch)
    assert "What moving to version 3 would do: Repair order" in told
    assert "1 can move" in told
    assert "1 stay" in told
    assert "“Look” is not there any more. Choose what takes its place." in told
    assert "Take it back" not in told
    assert shop.open == ["pay"], "nothing was moved"
    assert "1 more is judged when it moves." in said(client, url)


def test_documents_are_looked_at_chosen_for_and_moved(shop: Shop, lydia: Person, sign_in: SignIn):  # noqa: F811
    publish(lydia, {"id": "look"}, {"id": "pay"})
    shop.receive()
    first = shop.order_id
    shop.receive()
    shop.do(shop.grace, "look")
    to = published(lydia, {"id": "gaze"}, {"id": "pay"})
    client = at_work(sign_in, lydia)
    url = f"/studio/{KEY}/versions/{to}/move"
    assert f'href="{url}"' in client.get(f"/studio/{KEY}/versions").text
    text = said(client, url)
    assert "1 running document can move to version 3." in text
    assert "“Look” is not there any more. Choose what takes its place." in text
    assert "Amina" not in text  # an analyst need not see whose documents these are
    chosen = {f"as:{KEY}:look": "gaze"}
    again = client.post(url, data={"step": "look", **chosen}).text
    assert "2 running documents can move to version 3." in again
    assert '<option value="gaze" selected>' in again
    wrong = client.post(url, data={"step": "look", f"as:{KEY}:look": "nowhere"})
    assert wrong.status_code == 422
    begun = client.post(url, data={"step": "start", **chosen})
    assert begun.status_code == 302
    batch = begun.headers["Location"]
    assert "Move to version 3: Repair order" in said(client, batch)
    worker.drain()
    assert "2 moved" in said(client, batch)
    shop.order_id = first
    assert shop.open == ["gaze"]
    # rolled back: the old drawing is version 4, and the way back is filled in
    old = published_id(lydia, 2)
    back = client.post(f"/studio/{KEY}/versions/{old}/again")
    offered = back.headers["Location"]
    assert offered.endswith("/move")
    page = client.get(offered).text
    assert "2 running documents can move to version 4." in page
    assert '<option value="look" selected>' in page
    client.post(offered, data={"step": "start", f"as:{KEY}:gaze": "look"})
    worker.drain()
    assert shop.open == ["look"]
    assert "No document runs another version" in said(client, offered)


def published_id(who: Person, number: int) -> int:
    with who.acting(source="system"):
        return next(row.id for row in definitions.versions(KEY) if row.number == number)


def test_the_gate_says_who_can_move_and_moves_them(shop: Shop, lydia: Person, sign_in: SignIn):  # noqa: F811
    shop.receive()
    shop.receive()
    shop.inspect()
    client = at_work(sign_in, lydia)
    client.post(
        f"/studio/{KEY}/draft?saved=0", data=renamed(definitions.shipped(KEY) or b"", prepare_quote="write_quote")
    )
    text = said(client, f"/studio/{KEY}/publish")
    assert "1 running document can move to version 2." in text
    assert "“Prepare quote” is not there any more." in text
    assert "Move it once this is published" in text
    gone = client.post(f"/studio/{KEY}/publish", data={"saved": "1", "note": "Settled first", "move": "1"})
    assert gone.status_code == 302, gone.text
    assert gone.headers["Location"].startswith("/batch/")
    worker.drain()
    batch = said(client, gone.headers["Location"])
    assert "1 moved" in batch
    assert "1 stay" in batch


def test_what_would_be_left_out_asks_for_a_reason(shop: Shop, lydia: Person, sign_in: SignIn):  # noqa: F811
    publish(lydia, {"id": "look"}, {"id": "agree", "approvers": "'TENANT_MANAGER'"}, {"id": "pay"})
    shop.receive()
    to = published(lydia, {"id": "look"}, {"id": "pay"})
    client = at_work(sign_in, lydia)
    url = f"/studio/{KEY}/versions/{to}/move"
    text = said(client, url)
    assert "needs a reason" in text
    assert "Why this may be left out" in text
    client.post(url, data={"step": "start"})
    worker.drain()
    assert shop.open == ["look"]
    assert "needs a reason" in said(client, url)
    client.post(url, data={"step": "start", "reason": "Approved on paper"})
    worker.drain()
    assert "No document runs another version" in said(client, url)
    grace = sign_in(shop.grace)
    told = said(grace, f"/{KEY}/{shop.order_id}/history")
    assert "Moved from version 2 of its process to version 3: “Approved on paper”" in told
    assert told.count("Moved from version") == 1
