"""Credit notes: all or some lines of an invoice, never more than is left, and to the last cent."""

from __future__ import annotations

import re
import threading
from decimal import Decimal

import pytest

from erp import Conflict, Invalid, complete, session
from erp.workflow.people import tasks
from plugins.invoices import api
from plugins.invoices.models import CreditNote


@pytest.fixture
def issued(office):
    """An invoice of 17,863.99 that waits to be paid."""
    office.draft()
    office.issue()
    return office


def test_a_whole_invoice_is_cancelled(issued):
    issued.credit()
    number, total = issued.look_at_credit("number", "total")
    assert (number[:3], total, issued.look_at_credit("state")) == ("CN-", Decimal("17863.99"), "sent")
    assert (issued.look("state"), issued.outstanding, issued.open) == ("credited", 0, [])
    assert issued.mails()[-1].subject == f"Credit note {number}"


def test_parts_add_up_to_the_last_cent(issued):
    totals, taxes = [], []
    for _part in range(3):
        issued.credit(sensor="1")
        totals.append(issued.look_at_credit("total"))
        taxes.append(issued.look_at_credit("tax"))
    issued.credit()
    assert sum(totals) + issued.look_at_credit("total") == Decimal("17863.99")
    assert sum(taxes) + issued.look_at_credit("tax") == issued.look("tax")


def test_what_is_paid_in_part_and_credited_in_part_is_settled(issued):
    issued.pay("16703.99")
    left = issued.outstanding
    assert left == Decimal(1160)
    issued.credit(sensor="3")
    assert issued.look_at_credit("total") <= left
    assert issued.look("state") == "sent"
    issued.pay(str(issued.outstanding))
    assert issued.look("state") == "settled"


def test_no_more_than_is_left_is_credited(issued):
    issued.credit(sensor="2")
    with issued.wanjiku.acting():
        issued.credit_id = api.credit(issued.invoice_id).id
        lines = session().get_one(CreditNote, issued.credit_id).lines
        assert [line.quantity for line in lines] == [Decimal("4.5"), 1]
        more = [{"id": line.id, "quantity": line.quantity + 1} for line in lines]
    with pytest.raises(Invalid) as refused:
        issued.do("credit_note", "issue", decision="issue", reason="returned", lines=more)
    assert refused.value.fields == {"lines": "Only 4.5 of “Calibrate pulse monitor” is left to credit."}
    assert issued.look_at_credit("number", "state") == (None, "draft")


def test_lines_from_elsewhere_are_refused(issued):
    with issued.wanjiku.acting():
        issued.credit_id = api.credit(issued.invoice_id).id
    with pytest.raises(Invalid) as refused:
        issued.do("credit_note", "issue", decision="issue", reason="other", lines=[{"quantity": Decimal(1)}])
    assert "Only lines of the invoice" in refused.value.fields["lines"]


def test_two_people_cannot_credit_the_same_line(issued):
    with issued.wanjiku.acting():
        notes = [api.credit(issued.invoice_id).id for _hand in range(2)]
    results, ready = [], threading.Barrier(2)

    def hand(note_id):
        with issued.wanjiku.acting():
            task = tasks.open_of("credit_note", [note_id])[0]
            ready.wait()
            try:
                complete(task.id, {"decision": "issue", "reason": "wrong"})
                results.append("credited")
            except Invalid:
                results.append("refused")

    hands = [threading.Thread(target=hand, args=(note_id,)) for note_id in notes]
    for each in hands:
        each.start()
    for each in hands:
        each.join(30)
    assert sorted(results) == ["credited", "refused"]


def test_a_draft_is_not_credited(office):
    office.draft()
    with office.wanjiku.acting(), pytest.raises(Conflict, match="A draft needs no credit note"):
        api.credit(office.invoice_id)


def test_nothing_is_left_to_credit_twice(issued):
    issued.credit()
    with issued.wanjiku.acting(), pytest.raises(Conflict, match="Nothing is left"):
        api.credit(issued.invoice_id)


def test_the_page_of_an_issued_invoice_offers_it(issued, sign_in):
    browser = sign_in(issued.wanjiku)
    page = browser.get(f"/invoice/{issued.invoice_id}").text
    token = re.search(r'name="csrf-token" content="([^"]+)"', page)[1]
    assert f"/invoice/{issued.invoice_id}/credit" in page
    answer = browser.post(f"/invoice/{issued.invoice_id}/credit", data={"csrf_token": token})
    assert (answer.status_code, answer.location[:13]) == (302, "/credit_note/")
    assert "Calibrate pulse monitor" in browser.get(answer.location).text
