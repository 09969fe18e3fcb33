"""A payment run from what is due to the books: proposed, approved by somebody else, sent, posted once."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from threading import Barrier, Thread
from typing import Any

import pytest
import sqlalchemy as sa
from lxml import etree

from erp import Forbidden, Invalid, complete, create, session, tasks, telling, today, transaction
from erp.testing.pytest_plugin import Person
from plugins.accounting.api import Part, Posting, allocate_lines, balance, entries_of, open_lines, post
from plugins.banking import bank_files, checks, views_paying
from plugins.banking.entering import journal_of
from plugins.banking.runs import PaymentRun, PaymentRunLine

ON = date(2026, 3, 2)


@pytest.fixture
def boss(bank) -> Person:
    """Approves; she is somebody else than who draws runs up."""
    return bank.company.person("TENANT_MANAGER", name="Boss")


def supplier(name: str, number: str = "0170111222333") -> int:
    key = create("party", {"name": name, "kind": "company", "is_supplier": True}).id
    if number:
        details(key, number)
    return key


def details(party: int, number: str, **more: Any) -> int:
    values = {"party": party, "number": number, "reason": "On their invoice", **more}
    return create("party_bank_account", values).id


def bill(bank, party: int, amount: Any, on: date = ON) -> int:
    bank.count += 1
    part = Part("net", Decimal(amount), party_id=party, due_on=on, debit_account_id=bank.chart("stock"),
                credit_account_id=bank.chart("payable"), text=f"Bill {bank.count}")  # fmt: skip
    with transaction():
        post(Posting("bill_received", on, "bill", bank.count, [part], journal_id=journal_of(bank.account)))
    return next(each.id for each in open_lines(party) if each.text == f"Bill {bank.count}")


def drawn_up(bank, **values: Any) -> int:
    run = create("payment_run", {"bank_account": bank.id, "due_until": today(), "pay_on": ON, **values}).id
    answer(run, "prepare", decision="propose")
    return run


def answer(run: int, element: str, **answers: Any) -> None:
    task = tasks.open_task(session().get_one(PaymentRun, run), element)
    assert task is not None
    complete(task.id, answers)


def approved(boss: Person, run: int) -> None:
    answer(run, "check_proposal", decision="submit")
    with boss.acting():
        answer(run, "decide", decision="approve")


def look(run: int) -> PaymentRun:
    session().expire_all()
    return session().get_one(PaymentRun, run)


def refused(run: int, element: str, **answers: Any) -> dict[str, str]:
    with pytest.raises(Invalid) as found:
        answer(run, element, **answers)
    return dict(found.value.fields)


def test_what_a_supplier_credited_is_named_before_all_is_paid(bank):
    canon = supplier("Canon")
    bill(bank, canon, 500), bill(bank, canon, -200)
    (_count, credited) = views_paying.facts(look(drawn_up(bank)))
    assert (credited.value, credited.url) == ("Canon: KES 200.00", "/journal_entry/open/payable")


def test_what_is_due_is_paid_once_and_its_bills_are_settled(bank, boss):
    canon, tools = supplier("Canon", "DE89370400440532013000"), supplier("Tools")
    bill(bank, canon, 86_400), bill(bank, canon, 600), bill(bank, tools, 23_150)
    later = bill(bank, tools, 99, today() + timedelta(days=3))
    run = drawn_up(bank)
    row = look(run)
    assert (row.state, row.total, len(row.lines)) == ("draft", 110_150, 3)
    told = [value for answer_ in telling.worked_out(row) for _label, value, _kind in answer_]
    assert [each.partition(" on ")[0] for each in told] == [
        "Canon: DE89370400440532013000, by Wanjiku Kamau", "Tools: 0170111222333, by Wanjiku Kamau",
    ]  # fmt: skip
    answer(run, "check_proposal", decision="submit")
    assert look(run).state == "submitted"
    with pytest.raises(Forbidden):
        answer(run, "decide", decision="approve")
    with boss.acting():
        answer(run, "decide", decision="approve")
    assert look(run).state == "approved"
    answer(run, "send_file", decision="sent")
    assert look(run).state == "paid"
    assert [line.id for line in open_lines()] == [later]
    assert balance(bank.account.account_id) == -110_150
    assert [len(entry.lines) for entry in entries_of("payment_run", run)] == [2, 2]
    assert [found for check in vars(checks).values() if hasattr(check, "__millrace__") for found in check()] == []


def test_the_file_names_each_transfer_and_is_the_same_again(bank, boss):
    canon, tools = supplier("Canon & Co", "DE89370400440532013000"), supplier("Tools")
    bill(bank, canon, 100), bill(bank, canon, 50), bill(bank, tools, 7)
    run = drawn_up(bank)
    approved(boss, run)
    row = look(run)
    xml = bank_files.as_xml(row)
    assert xml == bank_files.as_xml(row)
    root = etree.fromstring(xml)
    found = {name: root.findall(f".//{{*}}{name}") for name in ("CtrlSum", "NbOfTxs", "InstdAmt", "EndToEndId", "IBAN")}
    assert {name: [each.text for each in each_] for name, each_ in found.items()} == {
        "CtrlSum": ["157.00", "157.00"], "NbOfTxs": ["2", "2"], "InstdAmt": ["150.00", "7.00"],
        "EndToEndId": [f"{row.number}-{canon}", f"{row.number}-{tools}"], "IBAN": ["DE89370400440532013000"],
    }  # fmt: skip
    assert [cells[0] for cells in bank_files.rows(row)] == ["Canon & Co", "Tools"]


def test_changed_bank_details_are_refused_and_nothing_is_half_done(bank, boss):
    canon = supplier("Canon")
    bill(bank, canon, 100)
    run = drawn_up(bank)
    with boss.acting():
        details(canon, "9999999999", reason="They wrote a mail")
    said = refused(run, "check_proposal", decision="submit")
    assert said["lines-0-is_excluded"].startswith("The bank details of Canon were changed on ")
    assert said["lines-0-is_excluded"].endswith("by Boss. Make sure of them, then propose again.")
    assert (look(run).state, look(run).released_at) == ("draft", None)
    answer(run, "check_proposal", decision="again")
    assert look(run).lines[0].paid_to == "9999999999"
    answer(run, "check_proposal", decision="submit")
    details(canon, "8888888888", reason="And again")
    with boss.acting():
        assert "were changed on" in next(iter(refused(run, "decide", decision="approve").values()))
    assert (look(run).state, balance(bank.account.account_id)) == ("submitted", 0)


def test_unknown_details_are_said_and_a_payment_may_be_left_out(bank):
    canon, nobody = supplier("Canon"), supplier("Nobody", "")
    bill(bank, canon, 100), bill(bank, nobody, 5)
    run = drawn_up(bank)
    lines = [{"id": line.id, "amount": line.amount, "is_excluded": False} for line in look(run).lines]
    said = refused(run, "check_proposal", lines=lines, decision="submit")
    assert said == {"lines-1-is_excluded": "No bank details of Nobody are known. Add them, or leave the payment out."}
    lines[1]["is_excluded"] = True
    answer(run, "check_proposal", lines=lines, decision="submit")
    assert (look(run).total, look(run).state) == (100, "submitted")


def test_no_more_than_is_open_is_paid(bank):
    canon = supplier("Canon")
    item = bill(bank, canon, 100)
    run = drawn_up(bank)
    (line,) = look(run).lines
    more = [{"id": line.id, "amount": Decimal(101), "is_excluded": False}]
    said = refused(run, "check_proposal", lines=more, decision="submit")
    assert said == {"lines-0-amount": "Only KES 100.00 is open."}
    paid_otherwise(bank, canon, item, 70)
    said = refused(run, "check_proposal", decision="submit")
    assert said == {"lines-0-amount": "Canon: only KES 30.00 is still open."}


def paid_otherwise(bank, party: int, item: int, amount: int) -> None:
    part = Part("paid", Decimal(amount), party_id=party, debit_account_id=bank.chart("payable"),
                credit_account_id=bank.chart("cash"), text="by cash")  # fmt: skip
    with transaction():
        post(Posting("payment_made", ON, "bill", 900, [part], journal_id=journal_of(bank.account)))
    debit = next(line for line in open_lines(party) if line.amount > 0)
    allocate_lines(debit.id, item)


def test_what_one_run_pays_no_other_takes_up_until_it_is_dropped(bank, boss):
    canon = supplier("Canon")
    bill(bank, canon, 100)
    first = drawn_up(bank)
    second = create("payment_run", {"bank_account": bank.id, "due_until": today(), "pay_on": ON}).id
    assert "Nothing is due to suppliers" in refused(second, "prepare", decision="propose")["due_until"]
    approved(boss, first)
    answer(first, "send_file", decision="drop")
    assert look(first).state == "discarded"
    answer(second, "prepare", decision="propose")
    assert look(second).total == 100


def test_a_rejected_run_frees_its_bills_and_says_why(bank, boss):
    bill(bank, supplier("Canon"), 100)
    run = drawn_up(bank)
    answer(run, "check_proposal", decision="submit")
    with boss.acting():
        answer(run, "decide", decision="reject", comment="Not before they deliver")
    assert (look(run).state, look(run).decision_note, look(run).lines[0].holds_id) == (
        "rejected", "Not before they deliver", None,
    )  # fmt: skip


def test_at_once_each_bill_is_paid_by_one_run(bank):
    for name in ("Canon", "Tools"):
        party = supplier(name)
        bill(bank, party, 100), bill(bank, party, 40)
    values = {"bank_account": bank.id, "due_until": today(), "pay_on": ON}
    runs = [create("payment_run", values).id for _each in range(4)]
    start, said = Barrier(4), []

    def propose(run: int) -> None:
        with bank.accountant.acting():
            start.wait()
            try:
                answer(run, "prepare", decision="propose")
            except Invalid as error:
                said.append(error.message)

    threads = [Thread(target=propose, args=(run,)) for run in runs]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    held = session().scalars(sa.select(PaymentRunLine.holds_id)).all()
    assert (len(held), len(set(held)), len(said)) == (4, 4, 3)
