"""A customer's payment on a statement is registered as a payment: the invoice knows, and so do the books."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from threading import Barrier, Thread
from types import SimpleNamespace

import pytest
import sqlalchemy as sa

from erp import Conflict, Invalid, complete, create, session, transaction
from erp.workflow.people import tasks
from plugins.accounting.api import balance, entries_of, open_lines
from plugins.banking import checks, entering, matching, views_matching
from plugins.banking.bills import bills, credits_, pay_bills
from plugins.banking.models import BankAccount
from plugins.banking.proposing import propose_dues
from plugins.banking.receiving import receive
from plugins.invoices.api import outstanding
from plugins.invoices.models import Invoice
from plugins.payments import checks as checks_of_payments
from plugins.payments.api import dues, payments_of
from plugins.payments.models import Payment, PaymentReview
from tests.banking.test_runs import bill, supplier

ON = date(2026, 3, 6)


@pytest.fixture
def naomi(bank):
    """Naomi Achieng, and a way to invoice her."""
    party = create("party", {"name": "Naomi Achieng", "kind": "person"}).id

    def invoice(price: int) -> Invoice:
        line = {"description": "Repair", "quantity": Decimal(1), "unit_price": Decimal(price)}
        made = create("invoice", {"customer": party, "lines": [line]})
        (task,) = tasks.open_of("invoice", [made.id])
        complete(task.id, {"decision": "issue"})
        return session().get_one(Invoice, made.id)

    return SimpleNamespace(id=party, invoice=invoice)


def keys(*invoices: Invoice) -> list[str]:
    return [f"invoice_{each.id}" for each in invoices]


def no_difference() -> bool:
    found = (checks.matches_are_equal, checks_of_payments.ledger_adds_up, checks_of_payments.payments_are_posted)
    return not [said for each in found for said in each()]


def test_a_line_that_pays_an_invoice_makes_it_paid(bank, naomi):
    invoice = naomi.invoice(1000)
    bank.brought(f"2026-03-06,Naomi Achieng {invoice.number},FT26065XYZ,{invoice.total}")
    (payment,) = receive(bank.id, bank.told, [], keys(invoice))
    assert (payment.method, payment.reference, payment.paid_amount) == ("bank", "FT26065XYZ", invoice.total)
    assert (outstanding(invoice), payments_of(invoice), open_lines(naomi.id)) == (0, [payment], [])
    (entry,) = entries_of("payment", payment.id)
    assert (entry.entry_date, balance(bank.account.account_id)) == (ON, invoice.total)
    assert (bank.told, bank.booked, no_difference()) == ([], [], True)


def test_one_line_pays_several_invoices_and_the_last_in_part(bank, naomi):
    first, second = naomi.invoice(1000), naomi.invoice(500)
    bank.brought(f"2026-03-06,Naomi Achieng,FT1,{first.total + 100}")
    receive(bank.id, bank.told, [], keys(second, first))
    assert (outstanding(first), outstanding(second)) == (0, second.total - 100)
    assert sum(each.open for each in open_lines(naomi.id)) == second.total - 100
    assert (bank.told, bank.booked, no_difference()) == ([], [], True)


def test_what_is_too_much_stays_a_credit_and_somebody_is_asked(bank, naomi):
    invoice = naomi.invoice(1000)
    bank.brought(f"2026-03-06,Naomi Achieng,FT1,{invoice.total + 40}")
    (payment,) = receive(bank.id, bank.told, [], keys(invoice))
    review = session().scalars(sa.select(PaymentReview)).one()
    assert (review.kind, review.review_amount, review.payment) == ("overpaid", 40, payment)
    assert [each.open for each in open_lines(naomi.id)] == [-40]
    assert (outstanding(invoice), no_difference()) == (-40, True)


def test_mobile_money_says_so_and_lies_on_its_own_account(bank, naomi):
    first, second = naomi.invoice(1000), naomi.invoice(500)
    with transaction():
        session().get_one(BankAccount, bank.id).kind = "mobile_money"
    bank.brought(f"2026-03-06,Naomi Achieng,qfx12ab34c,{first.total + second.total}")
    made = receive(bank.id, bank.told, [], keys(first, second))
    assert [(each.method, each.reference) for each in made] == [("mpesa", "QFX12AB34C"), ("mpesa", "QFX12AB34C/2")]
    assert balance(bank.account.account_id) == first.total + second.total
    third = naomi.invoice(50)
    bank.brought("2026-03-07,Again,qfx12ab34c,50")
    with pytest.raises(Conflict, match="QFX12AB34C was recorded already"):
        receive(bank.id, bank.told, [], keys(third))
    assert (len(bank.told), outstanding(third)) == (1, third.total)


def test_an_invoice_that_gets_nothing_of_it_is_to_be_left_out(bank, naomi):
    first, second = naomi.invoice(1000), naomi.invoice(500)
    bank.brought("2026-03-06,Naomi Achieng,FT1,200")
    with pytest.raises(Invalid) as refused:
        receive(bank.id, bank.told, [], keys(first, second))
    assert refused.value.fields == {keys(second)[0]: "Nothing is left for it: leave it out."}
    assert session().scalars(sa.select(Payment)).all() == []


def test_of_two_who_register_the_same_line_one_is_told(bank, naomi):
    invoice, other = naomi.invoice(1000), naomi.invoice(1000)
    bank.brought("2026-03-06,Naomi Achieng,FT1,1160")
    told, start, said = bank.told, Barrier(2), []

    def register(paid: list[str]) -> None:
        with bank.accountant.acting():
            start.wait()
            try:
                receive(bank.id, told, [], paid)
            except Conflict as refusal:
                said.append(refusal.message)

    threads = [Thread(target=register, args=(keys(each),)) for each in (invoice, other)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert said == ["One of these lines is matched already. Look again at what is left."]
    assert (len(session().scalars(sa.select(Payment)).all()), bank.told, no_difference()) == (1, [], True)


def test_undone_says_which_payment_stays_in_the_books(bank, naomi):
    invoice = naomi.invoice(1000)
    bank.brought(f"2026-03-06,Naomi Achieng,FT1,{invoice.total}")
    told = bank.told
    (payment,) = receive(bank.id, told, [], keys(invoice))
    (match, _what, _who) = views_matching._latest(bank.account)[0]
    assert matching.made_with(match) == [payment.number]
    matching.undo(match)
    assert (bank.told, len(bank.booked), outstanding(invoice)) == (told, 1, 0)
    again = matching.match(bank.id, told, bank.booked)
    assert matching.made_with(again) == []  # it was there before


def test_what_a_line_pays_is_named(bank, naomi):
    first, second = naomi.invoice(1000), naomi.invoice(500)
    bank.brought(
        f"2026-03-06,Transfer {second.number},FT1,100",
        f"2026-03-06,Deposit,FT2,{first.total}",
        "2026-03-06,Charges,FT3,-35",
    )
    told = matching.open_statement_lines(bank.account)
    found = propose_dues(told, dues("KES"))
    assert {key: ([due.number for due in paid.dues], paid.by) for key, paid in found.items()} == {
        told[0].id: ([second.number], "reference"), told[1].id: ([first.number], "amount"),
    }  # fmt: skip


def test_a_line_that_pays_bills_settles_them_the_first_due_first(bank):
    canon = supplier("Canon East Africa Ltd")
    first, second = bill(bank, canon, 500), bill(bank, canon, 300, ON)
    bank.brought("2026-03-06,Canon East Africa,FT1,-600", "2026-03-06,Charges,FT2,-35")
    (line, _charges) = matching.open_statement_lines(bank.account)
    open_ = bills("KES")
    found = propose_dues([line], open_)[line.id]
    assert ([due.left for due in found.dues], found.by) == ([500], "name")
    pay_bills(bank.id, [line.id], [], [due.key for due in open_], "Transfer")
    assert {each.id: each.open for each in open_lines(canon)} == {second: -200}
    assert first not in {each.document_id for each in bills("KES")}
    assert (len(bank.told), bank.booked, no_difference()) == (1, [], True)


def test_what_a_supplier_credited_comes_back_by_a_line(bank):
    canon = supplier("Canon East Africa Ltd")
    credited = bill(bank, canon, -200)
    bank.brought("2026-03-06,Canon East Africa refund,FT1,200")
    (line,) = matching.open_statement_lines(bank.account)
    (due,) = credits_("KES")
    assert (due.document_id, due.left, bills("KES")) == (credited, 200, [])
    pay_bills(bank.id, [line.id], [], [due.key], "Refund")
    assert (open_lines(canon), bank.told, bank.booked, no_difference()) == ([], [], [], True)


def test_the_receivable_of_who_has_invoices_open_takes_no_bare_entry(bank, naomi):
    naomi.invoice(1000)
    bank.brought("2026-03-06,Naomi Achieng,FT1,200")
    with pytest.raises(Invalid) as refused:
        entering.enter(bank.id, bank.told, [], entering.Wished(bank.chart("receivable"), naomi.id))
    assert "register a payment" in refused.value.fields["party"]
