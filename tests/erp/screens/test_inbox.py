"""The inbox and its tasks: claimed, handed on, done once, and counted without loading a page."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

from flask.testing import FlaskClient

from erp import operations
from erp.screens import stream
from tests.erp.screens.conftest import Workshop
from tests.erp.screens.test_documents import JPEG, html

Post = Callable[..., Any]


def test_the_inbox_holds_what_my_roles_may_do(workshop: Workshop, grace: FlaskClient, daniel: FlaskClient):
    task = workshop.task(workshop.order("Canon EOS R6"))
    page = html(daniel, "/inbox/")
    assert "Inspect item" in page
    assert "Canon EOS R6" in page
    assert f"/inbox/{task}/claim" in page
    assert "Nothing waits for you." in html(grace, "/inbox/")
    assert grace.get(f"/inbox/{task}").status_code == 403


def test_a_task_is_done_with_what_its_form_asks(workshop: Workshop, daniel: FlaskClient, post: Post):
    order = workshop.order()
    task = workshop.task(order)
    page = html(daniel, f"/inbox/{task}")
    assert "Can be repaired" in page
    assert "Cannot be repaired" in page
    assert "Error 20 after a fall" in page
    answer = post(daniel, f"/inbox/{task}", {"findings": "", "condition": "Scratched", "verdict": "repairable"})
    assert answer.status_code == 422
    assert "Fill this in." in answer.get_data(as_text=True)
    assert "Scratched" in answer.get_data(as_text=True)
    typed = {"findings": "Shutter worn", "verdict": "repairable", "photos": (io.BytesIO(JPEG), "shutter.jpg")}
    answer = post(daniel, f"/task/{task}", typed)
    assert answer.status_code == 302
    assert answer.headers["Location"] == f"/repair_order/{order}"
    page = html(daniel, f"/repair_order/{order}")
    assert "Inspected" in page
    assert "shutter.jpg" in page
    assert "Prepare quote" in page


def test_who_comes_late_learns_who_did_it_and_when(workshop: Workshop, daniel: FlaskClient, post: Post):
    order = workshop.order()
    task = workshop.task(order)
    workshop.inspected(order)
    page = html(daniel, f"/task/{task}")
    assert "Daniel Otieno has already done “Inspect item”: today" in page
    answer = post(daniel, f"/task/{task}", {"findings": "Again", "verdict": "unrepairable"})
    assert answer.status_code == 409
    assert "has already done “Inspect item”" in answer.get_data(as_text=True)


def test_lines_are_written_in_the_task_and_summed(workshop: Workshop, grace: FlaskClient, post: Post):
    order = workshop.order()
    workshop.inspected(order)
    task = workshop.task(order, "prepare_quote")
    page = html(grace, f"/task/{task}")
    assert 'name="lines-0-description"' in page
    line = {"lines-0-kind": "labour", "lines-0-description": "Replace shutter", "lines-0-quantity": "1.5"}
    bad = line | {"lines-0-unit_price": "many", "promised_on": "2027-01-15"}
    answer = post(grace, f"/task/{task}", bad)
    assert answer.status_code == 422
    assert "“many” is not a number." in answer.get_data(as_text=True)
    answer = post(grace, f"/task/{task}", line | {"lines-0-unit_price": "3,200", "promised_on": "2027-01-15"})
    assert answer.status_code == 302, answer.get_data(as_text=True)[-3000:]
    page = html(grace, f"/repair_order/{order}")
    assert "Replace shutter" in page
    assert "4,800.00" in page
    assert "KES 5,568.00" in page
    assert "Tax 16 %" in page


def test_one_more_row_without_javascript(workshop: Workshop, grace: FlaskClient, post: Post):
    order = workshop.order()
    workshop.inspected(order)
    task = workshop.task(order, "prepare_quote")
    answer = post(grace, f"/task/{task}", {"lines-0-description": "Labour", "lines-add": "1"})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 200
    assert 'name="lines-1-description"' in page
    assert 'value="Labour"' in page
    assert "Fill this in." not in page


def test_a_task_is_claimed_given_back_and_handed_on(workshop: Workshop, daniel: FlaskClient, post: Post):
    zainab = workshop.company.person("Technician", name="Zainab Omar")
    task = workshop.task(workshop.order())
    assert post(daniel, f"/inbox/{task}/claim").status_code == 302
    assert "Claimed by you" in html(daniel, f"/inbox/{task}")
    hers = workshop.sign_in(zainab)
    assert "Daniel Otieno has claimed “Inspect item”." in html(hers, f"/inbox/{task}")
    assert post(hers, f"/inbox/{task}/claim").status_code == 409
    assert post(daniel, f"/inbox/{task}/release").status_code == 302
    assert post(daniel, f"/inbox/{task}/delegate", {"member": str(zainab.member_id)}).status_code == 302
    assert "Daniel Otieno gave it to you" in html(hers, f"/inbox/{task}")
    assert post(hers, f"/inbox/{task}/delegate", {"member": "999999999"}).status_code == 404


def test_a_changed_document_is_shown_before_the_task_overwrites_it(workshop: Workshop, grace: FlaskClient, post: Post):
    order = workshop.order()
    workshop.inspected(order)
    task = workshop.task(order, "prepare_quote")
    html(grace, f"/task/{task}")
    with workshop.counter.acting():
        version = operations.get("repair_order", order).version
        operations.edit(order, "repair_order", {"quote_note": "Ask first"}, version=version)
    typed = {
        "lines-0-description": "Shutter", "lines-0-quantity": "1", "lines-0-unit_price": "100",
        "lines-0-kind": "part", "promised_on": "2027-01-15", "quote_note": "Mine", "version": str(version),
    }  # fmt: skip
    answer = post(grace, f"/task/{task}", typed)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 412
    assert "Ask first" in page
    assert "Mine" in page
    assert "Shutter" in page
    assert post(grace, f"/task/{task}", typed | {"version": str(version + 1)}).status_code == 302


def test_the_count_is_streamed_and_gives_way(workshop: Workshop, daniel: FlaskClient, monkeypatch: Any):
    monkeypatch.setattr(stream, "EVERY", 0.05)
    workshop.order()
    assert daniel.get("/inbox/stream?once=1").get_json() == {"count": 1, "unread": 0}
    running = [daniel.get("/inbox/stream", buffered=False) for _ in range(stream.PLACES)]
    assert running[0].content_type.startswith("text/event-stream")
    chunks = iter(running[0].response)
    assert next(chunks).startswith(b"retry:")
    assert b'{"count": 1, "unread": 0}' in next(chunks)
    workshop.order("Sony")
    assert any(b'{"count": 2, "unread": 0}' in next(chunks) for _ in range(20))
    stranger = workshop.sign_in(workshop.counter)
    assert stranger.get("/inbox/stream").status_code == 204
    for each in running:
        each.close()
    again = stranger.get("/inbox/stream", buffered=False)
    assert again.status_code == 200
    again.close()
