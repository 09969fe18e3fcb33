"""Invoices: issued once with the next number, never changed, reminded of, paid."""

from __future__ import annotations

import io
import threading
from datetime import date
from decimal import Decimal

import pytest
from pypdf import PdfReader

from erp import Conflict, Forbidden, Invalid, clock, complete, create, edit, files, session, transaction
from erp.money import TaxKind
from erp.workflow.people import tasks
from plugins.invoices import api
from plugins.invoices.models import Invoice
from plugins.invoices.terms import due_day


def text_of(office, kind, row_id):
    with office.wanjiku.acting():
        (paper,) = files.of(kind, row_id, "invoice")
        return PdfReader(io.BytesIO(files.read(paper.tenant_id, paper.sha256))).pages[0].extract_text()


def test_an_invoice_goes_its_way(office):
    office.draft()
    assert office.look("number", "state", "total") == (None, "draft", Decimal("17863.99"))
    office.issue()
    number, state, due = office.look("number", "state", "due_on")
    assert (number[-6:], state) == ("-00001", "sent")
    assert (due - office.look("issued_on")).days == 30
    (mail,) = office.mails()
    assert mail.subject == f"Invoice {number}"
    assert "KES 17,863.99" in mail.text
    paper = text_of(office, "invoice", office.invoice_id)
    assert number in paper
    assert "KES 17,863.99" in paper
    office.pay("18000")
    assert (office.look("state"), office.outstanding) == ("settled", 0)


def test_what_is_not_issued_takes_no_number(office):
    office.draft()
    office.do("invoice", "issue", decision="discard")
    assert office.look("number", "state") == (None, "discarded")
    office.draft()
    office.issue()
    assert office.look("number").endswith("-00001")


def test_numbers_have_no_gap_when_many_are_issued_at_once(office, truth):
    ids = []
    for _round in range(6):
        office.draft()
        ids.append(office.invoice_id)
    errors = []

    def issue(invoice_id):
        try:
            with office.wanjiku.acting():
                task = tasks.open_of("invoice", [invoice_id])[0]
                complete(task.id, {"decision": "issue"})
        except BaseException as error:
            errors.append(error)
        finally:
            session.remove()

    hands = [threading.Thread(target=issue, args=(invoice_id,)) for invoice_id in ids]
    for hand in hands:
        hand.start()
    for hand in hands:
        hand.join(30)
    assert errors == []
    rows = truth("select number from invoice where customer_id = :id order by number", id=office.customer)
    assert [row.number[-5:] for row in rows] == [f"{count:05d}" for count in range(1, 7)]


def test_the_layout_says_how_numbers_read(office, company):
    with company.person("TENANT_MANAGER").acting():
        pattern = {"number_pattern": "{prefix}-{branch}-{year}-{count}", "invoice_prefix": "SR"}
        create("invoice_layout", {**pattern, "payment_terms": "net_14", "bank_details": "Equity Bank\n0123"})
    office.draft()
    office.issue()
    assert office.look("number") == f"SR-WES-{clock.now().year}-00001"
    assert office.look("payment_terms") == "net_14"
    assert "Equity Bank" in text_of(office, "invoice", office.invoice_id)


def test_an_issued_invoice_is_never_edited(office):
    office.draft()
    office.issue()
    with office.wanjiku.acting():
        version = session().get_one(Invoice, office.invoice_id).version
        with pytest.raises(Forbidden):
            edit(office.invoice_id, "invoice", {"note": "Cheaper"}, version=version)
    with pytest.raises(Conflict, match="make a credit note"), office.writing():
        session().get_one(Invoice, office.invoice_id).recompute()


def test_an_invoice_without_lines_is_not_issued(office):
    office.draft(lines=[])
    with pytest.raises(Invalid) as refused:
        office.issue()
    assert refused.value.fields == {"lines": "Add at least one line."}
    assert office.look("number", "state") == (None, "draft")


@pytest.mark.parametrize(
    ("terms", "due"),
    [
        ("net_0", date(2026, 1, 30)),
        ("net_14", date(2026, 2, 13)),
        ("net_30", date(2026, 3, 1)),
        ("net_60", date(2026, 3, 31)),
        ("end_of_month", date(2026, 1, 31)),
        ("end_of_next_month", date(2026, 2, 28)),
    ],
)
def test_terms_say_until_when_it_is_paid(terms, due):
    assert due_day(date(2026, 1, 30), terms) == due


def test_taxes_are_frozen_with_base_rate_and_reason(office, company):
    with company.person("TENANT_MANAGER").acting():
        standard = create("tax_category", {"name": "Standard", "code": "S", "is_default": True}).id
        exempt = create("tax_category", {"name": "Exempt", "code": "E"}).id
        since = {"valid_from": date(2020, 1, 1)}
        create("tax", {"category": standard, "name": "VAT", "rate": Decimal(16), **since})
        reason = {"kind": TaxKind.EXEMPT, "reason": "Insurance is exempt"}
        create("tax", {"category": exempt, "name": "VAT", "rate": Decimal(0), **reason, **since})
    line = {"description": "Way back, insured", "quantity": Decimal(1), "unit_price": Decimal(500)}
    office.draft(lines=[{**line, "description": "Work"}, {**line, "tax_category": exempt}], discount=Decimal(10))
    office.issue()
    assert office.look("subtotal", "tax", "total", "discount_amount") == (900, 72, 972, 100)
    told = [(t["rate"], t["base"], t["amount"], t["reason"]) for t in office.look("tax_totals")]
    assert told == [("16", "450.00", "72.00", ""), ("0", "450.00", "0.00", "Insurance is exempt")]
    assert "Insurance is exempt" in text_of(office, "invoice", office.invoice_id)


def test_without_an_address_it_is_handed_out(office):
    office.draft(email=None)
    office.issue()
    assert (office.open, office.look("state")) == (["hand_out"], "issued")
    office.do("invoice", "hand_out", handed_out=True)
    assert (office.open, office.look("state")) == (["collect"], "sent")


def test_it_may_be_paid_in_parts(office):
    office.draft()
    office.issue()
    office.pay("10000")
    assert (office.open, office.outstanding) == (["collect"], Decimal("7863.99"))
    office.pay("7863.99")
    assert (office.open, office.look("state")) == ([], "settled")


def test_cash_is_counted_before_it_is_taken(office):
    office.draft()
    office.issue()
    with pytest.raises(Invalid) as refused:
        office.do("invoice", "collect", tendered=None, outcome="cash")
    assert refused.value.fields == {"tendered": "Fill this in."}


def test_looking_for_payments_that_did_not_come_changes_nothing(office):
    office.draft()
    office.issue()
    office.do("invoice", "collect", tendered=None, outcome="check")
    assert (office.open, office.look("state")) == (["collect"], "sent")


def test_an_overdue_invoice_is_reminded_of_each_week(office):
    office.issue_earlier(30, payment_terms="net_14")
    office.week_passes(8)
    assert len(office.mails()) == 1
    office.week_passes(15)
    office.week_passes(22)
    assert [mail.subject.split()[0] for mail in office.mails()] == ["Invoice", "Reminder", "Reminder"]
    assert "KES 17,863.99 of our invoice" in office.mails()[-1].text


def test_another_document_is_invoiced_at_once(office):
    with office.wanjiku.acting():
        party = create("party", {"name": "Amina Hassan"})
        with transaction():
            line = {"description": "Warranty repair", "quantity": Decimal(1), "uom": "piece", "unit_price": Decimal(0)}
            office.invoice_id = api.issue(party, [line]).id
    office.run_jobs()
    assert office.look("number").endswith("-00001")
    assert (office.look("total"), office.open) == (0, ["hand_out"])
    office.do("invoice", "hand_out", handed_out=True)
    assert office.look("state") == "settled"


def test_the_counter_looks_and_does_not_issue(office, company):
    office.draft()
    with company.person("Counter").acting():
        with pytest.raises(Forbidden):
            create("invoice", {"customer": office.customer})
        (task,) = tasks.open_of("invoice", [office.invoice_id])
        assert not tasks.may_do(task)
