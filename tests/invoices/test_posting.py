"""What an invoice and its credit notes post: to the cent, once, and not at all where no books are kept."""

from __future__ import annotations

from decimal import Decimal
from random import Random

import pytest
import sqlalchemy as sa

from erp import Invalid, create, money, session, today, transaction
from plugins.accounting.api import entries_of, open_lines, reverse
from plugins.accounting.models import JournalLine
from plugins.invoices.checks import invoices_are_posted
from plugins.invoices.models import Invoice
from plugins.payments.api import give_back_of
from plugins.taxes.models import Tax, TaxCategory
from tests.accounting.posted import YEAR, Posted


@pytest.fixture
def books(office):
    """The office keeps books by the Kenyan chart."""
    found = Posted(office.wanjiku)
    found.begin()
    return found


def test_an_invoice_is_posted_when_it_is_issued(office, books):
    office.draft()
    assert books.lines("invoice_issued") == []
    office.issue()
    assert books.lines("invoice_issued") == [
        ("1200", Decimal("17863.99")),
        ("4000", Decimal("-15399.99")),
        ("2100", Decimal("-2464.00")),
    ]
    with office.wanjiku.acting():
        owed = session().scalar(sa.select(JournalLine).where(JournalLine.due_on.is_not(None)))
        assert (owed.party_id, owed.due_on) == (office.customer, office.look("due_on"))


def test_without_books_nothing_is_posted(office):
    office.draft()
    office.issue()
    assert Posted(office.wanjiku).lines("invoice_issued") == []


def test_credit_notes_take_back_what_the_invoice_posted_to_the_cent(office, books):
    office.draft()
    office.issue()
    for _part in range(3):
        office.credit(sensor="1")
    office.credit()
    assert [books.holds(code) for code in ("1200", "2100")] == [0, 0]
    assert books.holds("4000") + books.holds("4100") == 0


def test_a_locked_day_is_refused_at_the_field_and_nothing_is_issued(office, books):
    office.draft()
    with office.wanjiku.acting():
        create("ledger_lock", {"kind": "sales", "until": today(), "reason": "The month is closed"})
    with pytest.raises(Invalid) as refused:
        office.issue()
    assert "is locked" in refused.value.fields["issued_on"]
    assert office.look("number", "state") == (None, "draft")


def test_each_tax_is_posted_with_what_it_was_taken_on(office, books):
    with office.writing():
        category = TaxCategory(name="Hospitality", code="HOSP", is_default=True)
        since = {"category": category, "valid_from": YEAR}
        vat = Tax(name="VAT", rate=Decimal(16), is_inclusive=True, position=1, **since)
        levy = Tax(name="Levy", rate=Decimal(2), position=2, **since)
        session().add_all([category, vat, levy])
        session().flush()
        ids = (vat.id, levy.id)
    office.draft(
        [{"description": "Room", "quantity": Decimal(3), "unit_price": Decimal("99.99")}], discount=Decimal(10)
    )
    office.issue()
    net, total = office.look("subtotal", "total")
    with office.wanjiku.acting():
        posted = {
            line.tax_id: (line.amount, line.tax_base)
            for line in session().scalars(sa.select(JournalLine).where(JournalLine.tax_id.is_not(None)))
        }
    # 299.97 less 10 % is 269.97, of which 232.73 net and 37.24 VAT; the levy of 2 % is 4.65 on top
    assert (net, total) == (Decimal("232.73"), Decimal("274.62"))
    assert posted == {ids[0]: (Decimal("-37.24"), -net), ids[1]: (Decimal("-4.65"), -net)}
    office.credit(room="2")
    office.credit()
    assert [books.holds(code) for code in ("1200", "2100")] == [0, 0]


def test_a_foreign_invoice_waits_for_its_rate_and_its_credits_leave_nothing(office, books):
    office.draft([{"description": "Cable", "quantity": Decimal(7), "unit_price": Decimal("14.29")}])
    with office.writing():
        session().get_one(Invoice, office.invoice_id).currency = "USD"
    with pytest.raises(Invalid) as refused:
        office.issue()
    assert "There is no rate for USD in KES" in refused.value.fields["currency"]
    with office.writing():
        create("exchange_rate", {"base_currency": "USD", "quote_currency": "KES",
                                 "rate": Decimal("129.4567"), "valid_on": YEAR})  # fmt: skip
    office.issue()
    assert books.holds("1200") == money.rounded(office.look("total") * Decimal("129.4567"), "KES")
    for _part in range(6):
        office.credit(cable="1")
    office.credit()
    assert books.holds("1200") == 0


def test_an_entry_that_was_taken_back_is_named_as_the_difference(office, books):
    office.draft()
    office.issue()
    office.credit(sensor="1")
    number = office.look("number")

    def differs():
        with office.wanjiku.acting():
            return list(invoices_are_posted())

    assert differs() == []
    with office.wanjiku.acting():
        (entry,) = entries_of("invoice", office.invoice_id)
        reverse(entry.id, reason="Posted twice by hand")
    assert differs() == [f"{number}: 17863.9900 on paper, 0 in the books"]


def test_payments_and_credit_notes_settle_their_invoice_and_what_is_given_back(office, company, books):
    office.draft()
    office.issue()
    office.pay("10000")
    assert books.open() == {"Lakeside Clinic": Decimal("7863.99")}
    office.credit(calibrate="4.5")
    # 16,704.00 of 17,863.99 were taken back and 10,000 were paid: 8,840.01 are the customer's
    assert books.open() == {"Lakeside Clinic": Decimal("-8840.01")}
    with company.person("TENANT_MANAGER", "Counter").acting(), transaction():
        give_back_of(session().get_one(Invoice, office.invoice_id), Decimal("8840.01"), "other")
    assert books.open() == {}
    assert books.all() == {
        "1000": Decimal("1159.99"), "2100": Decimal("-160.00"), "4000": Decimal("-15399.99"), "4100": Decimal(14400),
    }  # fmt: skip


def test_whatever_is_sold_credited_paid_and_given_back_the_books_say_what_the_papers_say(office, company, books):
    """Four invoices of random lines, with a tax inside the price and a levy on top; one of them in dollars."""
    boss, rng = company.person("TENANT_MANAGER", "Counter"), Random(4817)
    with office.writing():
        create("exchange_rate", {"base_currency": "USD", "quote_currency": "KES",
                                 "rate": Decimal("129.4567"), "valid_on": YEAR})  # fmt: skip
        taxed = TaxCategory(name="Usual", code="U", is_default=True)
        since = {"category": taxed, "valid_from": YEAR}
        vat = Tax(name="VAT", rate=Decimal(16), is_inclusive=True, position=1, **since)
        session().add_all([taxed, vat, Tax(name="Levy", rate=Decimal("1.5"), is_compound=True, position=2, **since)])
    left = Decimal(0)
    for currency in ("KES", "KES", "KES", "USD"):
        office.draft(some_lines(rng), discount=Decimal(rng.choice((0, 3, 7))))
        with office.writing():
            session().get_one(Invoice, office.invoice_id).currency = currency
        office.issue()
        office.credit(a=str(rng.randint(1, 3)))
        paid = (office.outstanding / rng.choice((1, 2, 3))).quantize(Decimal("0.01"))
        office.pay(str(paid))
        with boss.acting(), transaction():
            give_back_of(session().get_one(Invoice, office.invoice_id), (paid / 4).quantize(Decimal("0.01")), "other")
        left += office.outstanding if currency == "KES" else 0
    with office.wanjiku.acting():
        assert sum(line.open for line in open_lines(office.customer) if not line.currency) == left
    assert sum(books.all().values()) == 0
    with office.wanjiku.acting():
        assert list(invoices_are_posted()) == []


def some_lines(rng):
    return [
        {"description": name, "quantity": Decimal(rng.randint(3, 9)), "unit_price": Decimal(rng.randint(1, 99999)) / 100,
         "discount": Decimal(rng.choice((0, 5)))}
        for name in "abc"[: rng.randint(1, 3)]
    ]  # fmt: skip


def test_entries_stand_below_the_invoice_for_whoever_may_see_them(office, company, books, sign_in):
    office.draft()
    office.issue()
    page = f"/invoice/{office.invoice_id}"
    for person, is_shown in ((office.wanjiku, True), (company.person("Counter"), False)):
        told = sign_in(person).get(page).text
        assert ("Journal entries" in told, "Trade receivables" in told) == (is_shown, is_shown)
