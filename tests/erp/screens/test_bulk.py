"""Rows picked in a list and changed together: chosen, looked at, done, taken back."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from html import unescape
from typing import Any

import openpyxl
import pytest
from flask.testing import FlaskClient

from erp import operations
from tests.erp.screens.conftest import Workshop
from tests.erp.screens.test_documents import html

Post = Callable[..., Any]


def carried(page: str) -> dict[str, Any]:
    """What the form of a page carries along unseen."""
    found: dict[str, Any] = {}
    for name, value in re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', page):
        found.setdefault(name, []).append(unescape(value))
    return {name: values for name, values in found.items() if name not in {"csrf_token", "next"}}


def step(post: Post, client: FlaskClient, url: str, page: str = "", **more: Any) -> str:
    answer = post(client, url, {**carried(page), **more})
    assert answer.status_code in {200, 302}, answer.get_data(as_text=True)[-3000:]
    return answer.headers["Location"] if answer.status_code == 302 else answer.get_data(as_text=True)


def seen(page: str) -> dict[str, str]:
    """{what will become of them: how many} of a preview."""
    found = re.findall(r'<div class="v">([^<]*)</div><div class="d"><span class="mr-state \w+">([^<]*)<', page)
    return {said: count for count, said in found}


def test_the_strip_offers_what_the_actor_may_do(workshop: Workshop, grace: FlaskClient):
    workshop.order()
    page = html(grace, "/repair_order/")
    for name in ("edit", "task", "delegate", "print", "cancel"):
        assert f'formaction="/repair_order/bulk/{name}"' in page
    assert 'name="all"' not in page


def test_a_field_of_all_rows_of_a_list_is_set_looked_at_and_taken_back(
    workshop: Workshop, grace: FlaskClient, post: Post, run_jobs: Any, truth: Any
):
    for place in range(5):
        workshop.customer(f"Customer {place}", country="Uganda" if place < 4 else "Kenya")
    workshop.customer("Naomi Achieng")
    assert "All 6 of this list" in html(grace, "/party/?size=2")
    url, rows = "/party/bulk/edit", {"all": "1", "query": "q=Customer"}
    page = step(post, grace, url, **rows)
    assert '<option value="country">Country</option>' in page
    page = step(post, grace, url, page, field="country", step="field")
    assert 'name="to"' in page
    page = step(post, grace, url, page, to="Kenya", step="value")
    assert seen(page) == {"will change": "4", "are so already": "1"}
    assert "Country: Kenya" in page
    workshop.customer("Customer late")
    page = step(post, grace, url, page, step="go")
    assert "The list has changed meanwhile" in page
    watched = step(post, grace, url, page, step="go")
    assert grace.get(f"{watched}/progress").get_json() == {"percent": 0, "text": "0 of 6", "finished": False}
    run_jobs()
    page = html(grace, watched)
    assert seen(page) == {"changed": "5", "were so already": "1"}
    countries = "select country, count(*) from party where tenant_id = :t group by 1 order by 1"
    tenant = workshop.company.place.tenant_id
    assert [tuple(row) for row in truth(countries, t=tenant)] == [("Kenya", 6), (None, 1)]
    row = truth("select id from party where tenant_id = :t and name = 'Customer 0'", t=tenant)[0][0]
    assert f'<a href="{watched}">with many others</a>' in html(grace, f"/party/{row}/history")
    undone = post(grace, f"{watched}/undo").headers["Location"]
    run_jobs()
    assert seen(html(grace, undone)) == {"changed": "5"}
    assert [tuple(row) for row in truth(countries, t=tenant)] == [("Kenya", 1), ("Uganda", 4), (None, 2)]
    assert "Taken back" in html(grace, "/batch/")


def test_a_wrong_value_is_told_at_its_field_and_kept(workshop: Workshop, grace: FlaskClient, post: Post):
    ids = [workshop.customer()]
    answer = post(grace, "/party/bulk/edit", {"id": ids, "field": "email", "to": "nobody", "step": "value"})
    assert answer.status_code == 422
    assert "is not an e-mail address" in answer.get_data(as_text=True)
    assert 'value="nobody"' in answer.get_data(as_text=True)


def test_only_what_every_document_lets_change_is_offered(workshop: Workshop, daniel: FlaskClient, post: Post):
    first, second = workshop.order(), workshop.order()
    page = step(post, daniel, "/repair_order/bulk/edit", id=[first, second])
    assert '<option value="findings">' in page
    assert '<option value="item">' not in page
    workshop.inspected(first)
    page = step(post, daniel, "/repair_order/bulk/edit", id=[first, second], field="findings", to="Wet", step="value")
    assert seen(page) == {"will change": "1", "refuse": "1"}
    page = step(post, daniel, "/repair_order/bulk/edit", id=[first])
    assert "None of these rows can be edited now" in page


def test_rows_that_cannot_be_read_never_mean_all(workshop: Workshop, grace: FlaskClient, post: Post):
    workshop.order()
    for url in ("/repair_order/export.xlsx", "/repair_order/export.csv", "/repair_order/bulk/edit"):
        answer = post(grace, url, {"id": ["x"]})
        assert answer.status_code == 400, url
        assert "cannot be read" in answer.get_data(as_text=True)
        nothing = post(grace, url, {})
        assert nothing.status_code == 400, url
        assert "Pick some rows" in nothing.get_data(as_text=True)


def test_picked_rows_or_the_whole_filtered_list_are_exported(workshop: Workshop, grace: FlaskClient, post: Post):
    first, _second = workshop.order("Canon"), workshop.order("Sony")
    for sent, found in (({"id": [first]}, ["Canon"]), ({"all": "1", "query": "q=Sony"}, ["Sony"])):
        answer = post(grace, "/repair_order/export.xlsx", {**sent, "columns": "item"})
        sheet: Any = openpyxl.load_workbook(io.BytesIO(answer.get_data())).active
        items = [row[2] for row in sheet.iter_rows(min_row=2, values_only=True) if row[0]]
        assert [item for item in items if item] == found


def test_one_form_does_the_task_of_many_documents(
    workshop: Workshop, daniel: FlaskClient, post: Post, run_jobs: Any, truth: Any
):
    ids = [workshop.order(f"Canon {place}") for place in range(3)]
    workshop.inspected(ids[2])
    url = "/repair_order/bulk/task"
    page = step(post, daniel, url, id=ids)
    assert '<option value="inspect">Inspect item (2)</option>' in page
    page = step(post, daniel, url, page, task="inspect", step="task")
    assert 'name="findings"' in page
    assert 'value="repairable"' in page
    answer = {"findings": "Water inside", "verdict": "repairable"}
    page = step(post, daniel, url, page, **answer)
    assert seen(page) == {"will be done": "2", "do not wait for you": "1"}
    watched = step(post, daniel, url, page, step="go")
    run_jobs()
    page = html(daniel, watched)
    assert seen(page) == {"changed": "2", "refused": "1"}
    assert "“Inspect item” is not open here." in page
    sheet: Any = openpyxl.load_workbook(io.BytesIO(daniel.get(f"{watched}/refused.xlsx").get_data())).active
    assert sheet["B2"].value == "“Inspect item” is not open here."
    assert "/undo" not in page
    found = truth("select count(*) from repair_order where findings = 'Water inside' and id = any(:i)", i=ids)
    assert found[0][0] == 2


def test_tasks_are_handed_to_a_colleague(workshop: Workshop, daniel: FlaskClient, post: Post, run_jobs: Any):
    ids = [workshop.order(), workshop.order()]
    other = workshop.company.person("Technician", name="Achieng Odhiambo")
    page = step(post, daniel, "/repair_order/bulk/delegate", id=ids)
    assert "Achieng Odhiambo" in page
    watched = step(post, daniel, "/repair_order/bulk/delegate", page, member=other.member_id, step="go")
    run_jobs()
    assert "Handed to Achieng Odhiambo" in html(daniel, watched)
    assert "Inspect item" in html(workshop.sign_in(other), "/inbox/")


def test_processes_are_stopped_with_a_reason(workshop: Workshop, grace: FlaskClient, post: Post, run_jobs: Any):
    ids = [workshop.order(), workshop.order()]
    url = "/repair_order/bulk/cancel"
    page = step(post, grace, url, id=ids)
    answer = post(grace, url, {**carried(page), "step": "go"})
    assert answer.status_code == 422
    assert "Say why." in answer.get_data(as_text=True)
    watched = step(post, grace, url, page, reason="Flood", step="go")
    run_jobs()
    assert seen(html(grace, watched)) == {"changed": "2"}
    assert seen(step(post, grace, url, id=ids)) == {"will be stopped": "0", "have no running process": "2"}


def test_papers_become_one_pdf(workshop: Workshop, grace: FlaskClient, post: Post, run_jobs: Any):
    from datetime import date
    from decimal import Decimal

    from pypdf import PdfReader

    ids = [workshop.order(f"Canon {place}") for place in range(2)]
    line = {"kind": "part", "description": "Shutter", "quantity": Decimal(1), "unit_price": Decimal(100)}
    for order in ids:
        workshop.inspected(order)
        task = workshop.task(order, "prepare_quote")
        with workshop.counter.acting():
            answers = {"lines": [line], "promised_on": date(2099, 1, 1), "email": "a@example.com", "quote_note": None}
            operations.complete(task, answers)
    run_jobs()
    ids.append(workshop.order("Sony"))
    page = step(post, grace, "/repair_order/bulk/print", id=ids)
    assert "Nothing was printed for this yet." in page
    answer = post(grace, "/repair_order/bulk/print", {**carried(page), "step": "go"})
    assert answer.mimetype == "application/pdf"
    assert len(PdfReader(io.BytesIO(answer.get_data())).pages) == 2


def test_a_colleague_s_change_is_theirs(workshop: Workshop, grace: FlaskClient, daniel: FlaskClient, post: Post):
    page = step(post, grace, "/party/bulk/edit", id=[workshop.customer()], field="country", to="Kenya", step="value")
    watched = step(post, grace, "/party/bulk/edit", page, step="go")
    assert post(daniel, f"{watched}/stop").status_code == 404
    assert daniel.get(watched).status_code == 404
    assert post(grace, f"{watched}/stop").status_code == 302
    assert "Stopped" in html(grace, watched)


@pytest.mark.parametrize("name", ["edit", "cancel"])
def test_without_the_right_nothing_is_offered(workshop: Workshop, post: Post, name: str):
    nobody = workshop.sign_in(workshop.company.person())
    assert post(nobody, f"/repair_order/bulk/{name}", {"id": ["1"]}).status_code == 403
