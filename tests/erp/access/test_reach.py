"""Whoever is limited to a branch, or by a rule, meets other rows on no way: list, search, address, count, REST, tasks."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from html import unescape

import pytest
from flask.testing import FlaskClient

from erp import context, operations, session, transaction
from erp.access import Scope
from erp.auditing import files as audit_files
from erp.auditing.queries import AuditQuery
from erp.documents.lists import ListQuery
from erp.documents.types import document_type
from erp.errors import Forbidden, NotFound
from erp.jobs.models import Job
from erp.reports import exports
from erp.screens import audit_pages
from erp.workflow.people import tasks
from plugins.payments.api import paid_for, take_cash
from plugins.repairs.models import RepairOrder
from tests.erp.access.conftest import Firm


def listed() -> list[int]:
    return [row.id for row in ListQuery(document_type("repair_order")).page().rows]


# -- branches --------------------------------------------------------------------------------------------


def test_nothing_of_another_branch_is_met_on_any_way(firm: Firm):
    here, there = firm.order(firm.grace), firm.order(firm.salim)
    with firm.grace.acting():
        query = ListQuery(document_type("repair_order"), search="Canon")
        assert (listed(), query.count()) == ([here], 1)
        assert list(query.tuples([RepairOrder.id], (), 100)) == [(here,)]
        assert [task.document_id for task in tasks.inbox()] == [here]
        assert tasks.count() == 1
        for way in (
            lambda: operations.get("repair_order", there),
            lambda: operations.edit(there, "repair_order", {"item": "mine"}, version=1),
            lambda: operations.cancel("repair_order", there, "planted"),
            lambda: operations.attach("repair_order", there, [("a.txt", b"a")]),
        ):
            with pytest.raises(NotFound):
                way()
    browser = firm.sign_in(firm.grace)
    for address in ("", "/history", "/process", "/files", "/edit"):
        assert browser.get(f"/repair_order/{there}{address}").status_code == 404, address
        assert browser.get(f"/repair_order/{here}{address}").status_code in {200, 403}, address
    found = browser.get("/search/suggest?q=Canon").json
    assert [row["url"] for group in found["groups"] for row in group["rows"]] == [f"/repair_order/{here}"]
    assert browser.get("/counts").json["repair_order"] == "1"
    assert f"/repair_order/{there}" not in browser.get("/").text
    assert "Salim" not in browser.get("/inbox/").text


def test_tasks_of_another_branch_are_neither_opened_nor_done(firm: Firm):
    there = firm.order(firm.salim)
    with firm.salim.acting():
        task = tasks.open_of("repair_order", [there])[0].id
    with firm.grace.acting():
        for way in (operations.claim, operations.release, lambda each: operations.complete(each, {})):
            with pytest.raises(NotFound):
                way(task)
    ask = firm.key(firm.grace, Scope())
    assert ask("GET", f"task/{task}").status_code == 404
    assert ask("POST", f"task/{task}/complete", json={"answers": {}}).status_code == 404
    assert ask("GET", f"repair_order/{there}").status_code == 404
    assert ask("GET", "repair_order/").json["count"] == 0


def test_a_document_of_no_branch_is_for_all_and_the_owner_sees_everything(firm: Firm):
    here, there = firm.order(firm.grace), firm.order(firm.salim)
    with firm.wanja.acting():
        assert sorted(listed()) == [here, there]
        with transaction():
            session().get_one(RepairOrder, there).branch_id = None
    with firm.grace.acting():
        assert sorted(listed()) == [here, there]


def test_a_long_export_holds_what_its_asker_reaches(firm: Firm, run_jobs: Callable[[], int]):
    firm.order(firm.salim)
    here = firm.order(firm.grace)
    with firm.grace.acting():
        job = exports.put(ListQuery(document_type("repair_order")), {}).id
    run_jobs()
    with firm.grace.acting():
        row = session().get_one(Job, job)
        assert (row.state, row.progress["total"]) == ("done", 1), row.error
        assert listed() == [here]


def test_the_audit_tells_of_documents_one_reaches_only(
    firm: Firm, run_jobs: Callable[[], int], monkeypatch: pytest.MonkeyPatch
):
    """On its page, by number, on every further page, in the file at once and in the long one."""
    firm.own_role(firm.grace, "Auditor", [["list", "audit"], ["export", "audit"]], [])
    here, there = firm.order(firm.grace), firm.order(firm.salim, item="Leica of Mombasa")
    with firm.salim.acting():
        number = operations.get("repair_order", there).number
        operations.attach("repair_order", there, [("Mombasa.txt", b"a")])
    with firm.grace.acting():
        for place in range(3):
            version = operations.get("repair_order", here).version
            operations.edit(here, "repair_order", {"condition": f"Scratched {place} times"}, version=version)
    monkeypatch.setattr(audit_pages, "PAGE", 2)
    browser, owner = firm.sign_in(firm.grace), firm.sign_in(firm.wanja)
    told, whole = (_every_page(each, "/audit/?type=repair_order") for each in (browser, owner))
    assert told.count(f'href="/repair_order/{here}"') == whole.count(f'href="/repair_order/{here}"') > 4
    assert (f"/repair_order/{there}" in whole, "Mombasa" in whole) == (True, True)
    assert (f"/repair_order/{there}" in told, "Mombasa" in told) == (False, False)
    assert "Nothing was done that fits." in browser.get(f"/audit/?number={number}").text
    assert "Mombasa" not in browser.get("/audit/export.csv?type=repair_order").text
    with firm.grace.acting():
        job = audit_files.put(AuditQuery(type="repair_order")).id
    run_jobs()
    written = browser.get(f"/audit/export/{job}/file").text
    assert ("Canon" in written, "Mombasa" in written) == (True, False)
    assert "Customer of Salim" in browser.get("/audit/?type=party").text
    for role in ("Counter", "Technician"):
        firm.rule(role, "show", ("@creator", "eq", "me"), type_name="party")
    told = browser.get("/audit/?type=party").text
    assert ("Customer of Grace" in told, "Customer of Salim" in told) == (True, False)


def _every_page(browser: FlaskClient, url: str) -> str:
    told = ""
    while url:
        page = browser.get(url).text
        told += page
        after = re.search(r'rel="next" href="([^"]*)"', page)
        url = unescape(after[1]) if after else ""
    return told


def test_what_is_due_counts_payments_of_every_branch(firm: Firm):
    here = firm.order(firm.grace)
    with firm.salim.acting(), context.whole(), transaction():
        order = session().get_one(RepairOrder, here)
        order.total = Decimal(100)
        take_cash(order, order.customer, Decimal(100), Decimal(100))
    with firm.grace.acting():
        assert ListQuery(document_type("payment")).count() == 0
        assert paid_for("repair_order", here) == 100


def test_a_task_goes_only_to_a_colleague_who_plays_its_role_and_reaches_it(firm: Firm):
    here = firm.order(firm.grace)
    nobody = firm.company.person("Accountant", name="Asha Ali")
    helper = firm.company.person("Technician", name="Mary Wanjiku")
    with firm.grace.acting():
        task = tasks.open_of("repair_order", [here])[0]
        assert task.role == "Technician"
        with pytest.raises(Forbidden, match="Asha Ali cannot be given"):
            operations.delegate(task.id, nobody.member_id)
        with pytest.raises(Forbidden, match="does not reach"):
            operations.delegate(task.id, firm.salim.member_id)
        assert operations.delegate(task.id, helper.member_id).assignee == "Mary Wanjiku"


# -- roles of a tenant's own -----------------------------------------------------------------------------


def test_an_own_role_gives_its_rights_and_plays_its_lanes(firm: Firm):
    here = firm.order(firm.grace)
    joyce = firm.company.person(name="Joyce Achieng")
    with joyce.acting() as before:
        assert (before.permissions, before.roles) == (frozenset(), frozenset())
    firm.own_role(joyce, "Front desk", [["list", "repair_order"], ["show", "repair_order"]], ["Technician"])
    with joyce.acting() as acting:
        assert acting.permissions == {("list", "repair_order"), ("show", "repair_order")}
        assert [task.document_id for task in tasks.inbox()] == [here]
        operations.claim(tasks.inbox()[0].id)
        with pytest.raises(Forbidden):
            operations.create("party", {"name": "no"})


# -- rules -----------------------------------------------------------------------------------------------


def test_a_role_edits_only_what_its_player_made(firm: Firm):
    mine, other = firm.company.person("Counter", name="Same Name"), firm.company.person("Counter", name="Same Name")
    with mine.acting():
        own = operations.create("party", {"name": "Amina Hassan"}).id
    firm.rule("Counter", "edit", ("@creator", "eq", "me"), type_name="party")
    with other.acting():
        assert operations.get("party", own).title == "Amina Hassan"
        with pytest.raises(Forbidden, match="a rule of your company"):
            operations.edit(own, "party", {"name": "Stolen"}, version=1)
        assert operations.editable_fields(operations.get("party", own)) == []
    with mine.acting():
        assert operations.edit(own, "party", {"name": "Amina H."}, version=1).title == "Amina H."
    with firm.wanja.acting():
        assert operations.edit(own, "party", {"name": "Amina"}, version=2).title == "Amina"


def test_a_row_is_not_edited_out_of_its_rule_and_roles_add_up(firm: Firm):
    clerk = firm.company.person("Counter", name="Otto")
    with clerk.acting():
        row = operations.create("party", {"name": "Amina Hassan", "phone": "+254 700 553 218"}).id
    firm.rule("Counter", "edit", ("phone", "contains", "700"), type_name="party")
    firm.rule("Counter", "show", ("name", "contains", "Amina"), type_name="party")
    with clerk.acting():
        with pytest.raises(Forbidden):
            operations.edit(row, "party", {"phone": "+1"}, version=1)
        session().rollback()
        hidden = operations.create("party", {"name": "Brian"}).id
        session.remove()
        assert [each.id for each in ListQuery(document_type("party")).page().rows] == [row]
        with pytest.raises(NotFound):
            operations.get("party", hidden)
    both = firm.company.person("Counter", "TENANT_MANAGER")
    with both.acting():
        assert operations.get("party", hidden).title == "Brian"


def test_a_rule_that_fits_its_type_no_longer_gives_nothing(firm: Firm):
    for role in ("Counter", "Technician"):
        firm.rule(role, "show", ("gone", "eq", "1"), type_name="party")
    firm.order(firm.wanja)
    with firm.grace.acting():
        assert ListQuery(document_type("party")).count() == 0


# -- keys ------------------------------------------------------------------------------------------------


def test_a_key_that_only_reads_writes_nothing(firm: Firm):
    here = firm.order(firm.grace)
    ask = firm.key(firm.grace, Scope(is_read_only=True))
    with firm.grace.acting():
        task = tasks.inbox()[0].id
    newest = ask("GET", f"repair_order/{here}").headers["ETag"]
    assert ask("GET", f"task/{task}").status_code == 200
    for method, path, sent in (
        ("POST", "party/", {"name": "planted"}),
        ("PATCH", f"repair_order/{here}", {"item": "planted"}),
        ("POST", f"repair_order/{here}/cancel", {"reason": "planted"}),
        ("POST", f"task/{task}/claim", {}),
        ("POST", f"task/{task}/complete", {"answers": {"findings": "planted", "verdict": "repairable"}}),
        ("POST", f"task/{task}/delegate", {"member": firm.salim.member_id}),
    ):
        answer = ask(method, path, json=sent, headers={"If-Match": newest})
        assert (answer.status_code, answer.json["error"]["code"]) == (403, "forbidden"), path
    with firm.grace.acting():
        assert tasks.get(task).assignee_id is None


def test_a_key_for_named_types_reaches_no_other(firm: Firm):
    here = firm.order(firm.grace)
    ask = firm.key(firm.grace, Scope(types=frozenset({"party"})))
    assert ask("POST", "party/", json={"name": "Amina"}).status_code == 201
    for path in ("repair_order/", f"repair_order/{here}", "payment/"):
        assert ask("GET", path).status_code == 403, path
    assert ask("GET", "task/").json == {"rows": [], "count": 0}
    with firm.grace.acting():
        task = tasks.inbox()[0].id
    assert ask("POST", f"task/{task}/claim").status_code == 404
