"""Open items: invoices settled by payments, wholly or in part, in the company's currency and in others."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from erp import Conflict, Invalid, create, session, transaction
from erp.checking import differences
from plugins.accounting.api import (
    Part,
    Posting,
    allocate,
    allocate_lines,
    balance,
    in_books,
    open_lines,
    post,
    reverse,
    take_back,
)
from plugins.accounting.models import Allocation
from plugins.currencies.api import RateMissing

DAY = date(2026, 3, 5)


@pytest.fixture
def amina(books):
    return create("party", {"name": "Amina Hassan"}).id


def posted(event, source, party, *parts):
    with transaction():
        return post(
            Posting(
                event,
                DAY,
                source,
                1,
                [Part(name, Decimal(amount), party_id=party, **more) for name, amount, more in parts],
            )
        )


def invoice(party, amount=116):
    return posted("invoice_issued", "invoice", party, ("net", amount, {"due_on": date(2026, 4, 5)}))


def payment(party, amount):
    return posted("payment_received", "payment", party, ("received", amount, {"tender": "cash"}))


def opened(party):
    return sorted(line.open for line in open_lines(party))


def test_a_payment_settles_its_invoice_by_itself(amina):
    invoice(amina)
    payment(amina, 100)
    assert opened(amina) == [-100, 116]
    assert allocate(("invoice", 1), ("payment", 1)) == 100
    assert opened(amina) == [16]
    assert allocate(("invoice", 1), ("payment", 1)) == 0


def test_never_more_than_is_open(amina):
    invoice(amina)
    payment(amina, 100)
    credit, debit = sorted(open_lines(amina), key=lambda line: line.amount)
    with pytest.raises(Invalid) as refused:
        allocate_lines(debit.id, credit.id, Decimal(101))
    assert "100" in refused.value.fields["amount"]
    allocate_lines(debit.id, credit.id, Decimal(40))
    assert opened(amina) == [-60, 76]


def test_what_was_settled_is_taken_back_once_with_a_reason(amina):
    invoice(amina)
    payment(amina, 116)
    allocate(("invoice", 1), ("payment", 1))
    row = session().query(Allocation).one()
    with pytest.raises(Invalid):
        take_back(row.id, reason=" ")
    take_back(row.id, reason="Paid for another one")
    assert opened(amina) == [-116, 116]
    with pytest.raises(Conflict):
        take_back(row.id, reason="Again")


def test_a_reversed_invoice_is_no_open_item(amina):
    reverse(invoice(amina), reason="Wrong customer")
    assert opened(amina) == []


def test_what_a_currency_gained_is_posted_when_it_is_paid(amina):
    dollars = {"currency": "USD", "currency_amount": Decimal(100)}
    posted("invoice_issued", "invoice", amina, ("net", 12900, dollars))
    posted("payment_received", "payment", amina, ("received", 13050, dollars))
    assert allocate(("invoice", 1), ("payment", 1)) == 100
    assert opened(amina) == []
    assert (balance("currency_difference"), balance("receivable")) == (-150, 0)
    first, difference = session().query(Allocation).order_by(Allocation.id)
    with pytest.raises(Conflict, match="came from"):
        take_back(difference.id, reason="Not this one")
    take_back(first.id, reason="Not this one")
    assert opened(amina) == [-13050, 12900]
    assert balance("currency_difference") == 0
    assert list(differences("accounting")) == []


def test_a_part_in_a_foreign_currency_loses_its_part(amina):
    posted("invoice_issued", "invoice", amina, ("net", 13000, {"currency": "USD", "currency_amount": Decimal(100)}))
    posted(
        "payment_received", "payment", amina, ("received", 6400, {"currency": "USD", "currency_amount": Decimal(50)})
    )
    assert allocate(("invoice", 1), ("payment", 1)) == 50
    assert [(line.open, line.currency_open) for line in open_lines(amina)] == [(6500, 50)]
    assert balance("currency_difference") == 100


def test_a_currency_without_a_rate_is_refused_by_name(books):
    with pytest.raises(RateMissing, match="USD"):
        in_books(Decimal(5), "USD", DAY)
    create("exchange_rate", {"base_currency": "USD", "quote_currency": "KES", "rate": Decimal(130), "valid_on": DAY})
    assert in_books(Decimal(5), "USD", DAY) == 650


def test_a_customers_page_shows_what_is_open_and_leads_to_settling_it(amina, company, sign_in):
    invoice(amina)
    payment(amina, 100)
    page = sign_in(company.person("Accountant", "Counter"))
    shown = page.get(f"/party/{amina}").get_data(as_text=True)
    assert "Open items" in shown
    assert f"/journal_entry/settle/{amina}" in shown
    assert page.get(f"/journal_entry/settle/{amina}").status_code == 200


def test_what_all_have_open_stands_in_one_list_and_is_settled_from_there(amina, books, company, sign_in):
    invoice(amina)
    payment(amina, 100)
    other = create("party", {"name": "Baraka Stores"}).id
    posted("invoice_issued", "credit", other, ("net", 30, {}))
    page = sign_in(company.person("Accountant"))
    shown = page.get("/journal_entry/open/receivable").get_data(as_text=True)
    for said in ("Amina Hassan", "Baraka Stores", "KES 46.00", f"/journal_entry/settle/{amina}?list=receivable"):
        assert said in shown, said
    assert f"/journal_entry/settle/{other}" not in shown
    assert "Nothing is open." in page.get("/journal_entry/open/payable").get_data(as_text=True)
    assert page.get("/journal_entry/open/nobody").status_code == 404
    form = page.get(f"/journal_entry/settle/{amina}?list=receivable").get_data(as_text=True)
    assert f'action="/journal_entry/settle/{amina}?list=receivable"' in form
