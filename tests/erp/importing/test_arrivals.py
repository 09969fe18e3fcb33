"""Documents of another system come in as history: complete, final, and without anything being set going."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest

from erp import operations, prepare
from erp.access import enter_as
from erp.data.base import session
from erp.documents.types import document_type
from erp.errors import Invalid
from erp.importing import Plan, Progress, dry_run, keep, opened, progress, recalled, start
from erp.importing.plans import final_states
from erp.testing.pytest_plugin import Company, Person

ORDERS = """No,Day,Who,Item,Fault,Result,What,Count,Price
RO-2026-00002,2019-03-04,Amina,Canon EOS R6,Does not start,Delivered,Shutter,1,12500
RO-2026-00002,2019-03-04,Amina,Canon EOS R6,Does not start,Delivered,Labour,2.5,1000
OLD-77,2018-11-20,Joseph,Nikon Z6,Wet,Returned unrepaired,,,
OLD-78,2018-11-20,Nobody,Nikon Z6,Wet,Delivered,,,
OLD-79,2018-11-20,Joseph,Nikon Z6,Wet,Quoted,,,
OLD-80,2018-11-20,Joseph,Nikon Z7,Wet,Delivered,Sensor,many,1
OLD-80,2018-11-20,Joseph,Nikon Z7,Wet,Delivered,Labour,1,1
"""
PLAN: dict[str, Any] = {
    "type": "repair_order",
    "key": "number",
    "sources": {
        "number": {"column": "No"},
        "created_at": {"column": "Day"},
        "customer": {"column": "Who"},
        "item": {"column": "Item"},
        "fault": {"column": "Fault"},
        "state": {"column": "Result"},
        "lines.description": {"column": "What"},
        "lines.quantity": {"column": "Count"},
        "lines.unit_price": {"column": "Price"},
    },
}
INVOICES = """Number,Date,Customer,Text,Qty,Price,Net,Tax,Sum
INV-2026-00007,2020-01-31,Amina,Repair,1,100,100,18,118
"""
INVOICE_PLAN: dict[str, Any] = {
    "type": "invoice",
    "key": "number",
    "sources": {
        "number": {"column": "Number"}, "created_at": {"column": "Date"}, "customer": {"column": "Customer"},
        "state": {"text": "settled"}, "subtotal": {"column": "Net"}, "tax": {"column": "Tax"}, "total": {"column": "Sum"},
        "lines.description": {"column": "Text"}, "lines.quantity": {"column": "Qty"},
        "lines.unit_price": {"column": "Price"},
    },
}  # fmt: skip
PAYMENTS = """Number,Day,Customer,How,For,Paid,Back
PAY-OLD-1,2020-02-03,Amina,Bank transfer,INV-2026-00007,118,18
PAY-OLD-2,2020-02-03,Amina,Cash,NOWHERE,5,0
"""
PAYMENT_PLAN: dict[str, Any] = {
    "type": "payment",
    "key": "number",
    "sources": {
        "number": {"column": "Number"}, "created_at": {"column": "Day"}, "party": {"column": "Customer"},
        "method": {"column": "How"}, "subject_number": {"column": "For"}, "paid_amount": {"column": "Paid"},
        "refunded_amount": {"column": "Back"}, "status": {"text": "partly_refunded"},
    },
}  # fmt: skip
COUNTED = (
    "select (select count(*) from workflow_instance where tenant_id = :t), (select count(*) from workflow_task"
    " where tenant_id = :t), (select count(*) from notification where tenant_id = :t and kind <> 'ready'),"
    " (select count(*) from job where tenant_id = :t and kind <> 'import')"
)


@pytest.fixture
def owner(company: Company) -> Person:
    who = company.person("TENANT_MANAGER", "Counter", name="Wanjiru Kamau")
    with who.acting():
        for name in ("Amina", "Joseph"):
            operations.create("party", {"name": name, "email": f"{name.lower()}@example.com"})
    return who


@pytest.fixture
def no_way_out(monkeypatch: pytest.MonkeyPatch, owner: Person, truth: Any) -> Iterator[list[Any]]:
    """Every connection but to our own database and Redis fails, whatever it is for: mail server, Stripe, anybody."""
    tried: list[Any] = []
    connect = socket.socket.connect

    def refused(self: socket.socket, address: Any) -> None:
        if self.family != socket.AF_UNIX:
            tried.append(address)
            raise ConnectionRefusedError(address)
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", refused)
    yield tried
    monkeypatch.undo()


@pytest.fixture
def bring(run_jobs: Callable[[], int]) -> Callable[..., Progress]:
    def brought(who: Person, plan: dict[str, Any], content: str, name: str = "old.csv") -> Progress:
        job_id = start(Plan.from_json(plan), keep(name, content.encode()).id).id
        run_jobs()
        enter_as(who.user_id, who.place.tenant_id, source="web")
        return progress(job_id)

    return brought


def test_orders_arrive_with_their_lines_their_numbers_and_their_end(owner: Person, bring: Any, truth: Any):
    with owner.acting():
        done = bring(owner, PLAN, ORDERS)
    assert (done.outcome["new"], done.outcome["problem_count"]) == (2, 3), done.outcome
    said = {each["row"]: (each["column"], each["message"]) for each in done.outcome["problems"]}
    assert said == {
        5: ("Who", "There is nothing called “Nobody”, or more than one."),
        6: ("Result", "Choose one of the list."),
        7: ("Count", "“many” is not a number."),
    }
    rows = truth(
        "select number, state, item, passed_states, (created_at at time zone 'Africa/Nairobi')::date::text, total, id from repair_order"
        " where tenant_id = :t order by number",
        t=owner.place.tenant_id,
    )
    assert [tuple(row)[:3] for row in rows] == [
        ("OLD-77", "returned_unrepaired", "Nikon Z6"), ("RO-2026-00002", "delivered", "Canon EOS R6"),
    ]  # fmt: skip
    assert rows[1][3] == ["received", "delivered"]  # no more than every way there leads by
    assert rows[1][4] == "2019-03-04"
    assert rows[1][5] == Decimal(17400)
    lines = truth("select description, quantity, total from repair_order_line where document_id = :i order by position",
                  i=rows[1][6])  # fmt: skip
    assert [tuple(line) for line in lines] == [("Shutter", 1, 12500), ("Labour", Decimal("2.5"), 2500)]


def test_history_sets_nothing_going_now_or_later(
    owner: Person, bring: Any, run_jobs: Callable[[], int], truth: Any, no_way_out: list[Any]
):
    tenant = owner.place.tenant_id
    before = tuple(truth(COUNTED, t=tenant)[0])
    with owner.acting():
        for plan, content in ((PLAN, ORDERS), (INVOICE_PLAN, INVOICES), (PAYMENT_PLAN, PAYMENTS)):
            assert bring(owner, plan, content).state == "done"
    for function, _period in prepare.periodic().values():
        function()
    run_jobs()
    assert tuple(truth(COUNTED, t=tenant)[0]) == before
    assert no_way_out == []


def test_an_invoice_and_its_payment_say_what_the_file_says(owner: Person, bring: Any, truth: Any):
    with owner.acting():
        assert bring(owner, INVOICE_PLAN, INVOICES).outcome["new"] == 1
        paid = bring(owner, PAYMENT_PLAN, PAYMENTS).outcome
    assert (paid["new"], [each["message"] for each in paid["problems"]]) == (
        1,
        ["There is no document with this number."],
    )
    invoice = truth("select state, subtotal, tax, total, issued_on::text from invoice where tenant_id = :t",
                    t=owner.place.tenant_id)[0]  # fmt: skip
    assert tuple(invoice) == ("settled", 100, 18, 118, "2020-01-31")
    entries = truth(
        "select e.kind, e.amount from payment_entry e join payment p on p.id = e.payment_id and p.number = 'PAY-OLD-1'"
        " where e.tenant_id = :t order by e.id",
        t=owner.place.tenant_id,
    )
    assert [tuple(each) for each in entries] == [("captured", 118), ("refund_asked", 18), ("refunded", 18)]
    assert truth("select provider || page_url from payment where tenant_id = :t", t=owner.place.tenant_id)[0][0] == ""


def test_the_same_file_again_changes_nothing_and_another_one_writes_nothing_over(owner: Person, bring: Any, truth: Any):
    with owner.acting():
        bring(owner, PLAN, ORDERS)
        again = bring(owner, PLAN, ORDERS).outcome
        other = bring(owner, PLAN, ORDERS.replace("Does not start", "Fell").replace("12500", "1")).outcome
        own = operations.create("repair_order", {"customer": _customer(), "item": "X", "fault": "y"}).number
        ours = bring(owner, PLAN, ORDERS.replace("OLD-77", own)).outcome
    assert (again["new"], again["changed"], again["unchanged"]) == (0, 0, 2)
    assert [each["message"] for each in other["problems"] if each["row"] == 2] == [
        "This document is here already and says something else. Imported history is not written over."
    ]
    assert [each["message"] for each in ours["problems"] if each["row"] == 4] == [
        "There is a document of your own with this number already."
    ]


def _customer() -> int:
    cls = document_type("party").cls
    return int(session().query(cls.id).limit(1).scalar())


def test_our_numbers_never_meet_theirs(owner: Person, bring: Any):
    with owner.acting():
        bring(owner, PLAN, ORDERS.replace("OLD-77", "RO-2026-00009"))
        values = {"customer": _customer(), "item": "Leica", "fault": "x"}
        numbers = [operations.create("repair_order", values).number for _each in range(3)]
    year = numbers[0].split("-")[1]
    wanted = [1, 10, 11] if year == "2026" else [1, 2, 3]
    assert numbers == [f"RO-{year}-{number:05d}" for number in wanted]


def test_a_document_says_that_it_is_history_and_cannot_be_edited(owner: Person, bring: Any, sign_in: Any, truth: Any):
    with owner.acting():
        bring(owner, PLAN, ORDERS)
    found = truth("select id from repair_order where number = 'OLD-77' and tenant_id = :t", t=owner.place.tenant_id)
    row_id = found[0][0]
    client = sign_in(owner)
    page = client.get(f"/repair_order/{row_id}").get_data(as_text=True)
    assert "Imported history" in page
    assert "Returned unrepaired" in page
    assert f"/repair_order/{row_id}/edit" not in page
    assert "Amina" in client.get("/repair_order/").get_data(as_text=True)


def test_what_a_plan_of_documents_must_say(owner: Person):
    with owner.acting():
        table = opened(keep("old.csv", ORDERS.encode()).id)
        without = {**PLAN, "sources": {k: v for k, v in PLAN["sources"].items() if k != "state"}}
        for plan, field in ((without, "state"), ({**PLAN, "key": "item"}, "key")):
            with pytest.raises(Invalid) as error:
                dry_run(Plan.from_json(plan), table)
            assert field in error.value.fields
        assert "delivered" in final_states("repair_order")
        assert "approved" not in final_states("repair_order")
        assert recalled("repair_order", table).key == ""
