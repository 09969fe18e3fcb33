"""What payments post: by tender, deposits as a liability until something is charged, each entry once."""

from __future__ import annotations

from decimal import Decimal
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from erp import session, transaction
from plugins.accounting.api import entries_of, reverse
from plugins.payments.api import Tender, apply_deposits, give_back, post_history, take
from plugins.payments.checks import payments_are_posted
from plugins.payments.models import Payment
from plugins.payments.posting import shares
from plugins.repairs.models import RepairOrder
from tests.accounting.posted import Posted

DUE = Decimal(27028)


@pytest.fixture
def boss(company, shop):
    """A manager who may pay out; the shop's order of 27,028.00 is accepted."""
    shop.approved()
    return company.person("TENANT_MANAGER", "Counter", name="Amos Kariuki")


@pytest.fixture
def books(boss):
    found = Posted(boss)
    found.begin()
    return found


def pay(shop, *tenders, **how):
    order = session().get_one(RepairOrder, shop.order_id)
    return [payment.id for payment in take(order, order.customer, tenders, **how)]


def test_each_tender_comes_to_its_account_and_goes_back_from_it(shop, boss, books):
    with boss.acting(), transaction():
        cash, mpesa, card, bank = pay(
            shop,
            Tender("cash", Decimal(5000), Decimal(6000)),
            Tender("mpesa", Decimal(10000), reference="SKJ4X7Q2"),
            Tender("card_machine", Decimal(2028), reference="SLIP 7"),
            Tender("bank", Decimal(10000), reference="TRF 1"),
        )
    assert books.all() == {"1000": 5000, "1100": 10000, "1120": 10000, "1130": 2028, "1200": -DUE}
    with boss.acting(), transaction():
        give_back(cash, Decimal(1000), "other")
        give_back(mpesa, Decimal(10000), "other", reference="SKJ4X7Q9")
        give_back(card, Decimal(28), "other", reference="SLIP 8")
        give_back(bank, Decimal(1), "other", reference="TRF 2")
    assert books.all() == {"1000": 4000, "1100": 9999, "1130": 2000, "1200": -15999}


def test_a_deposit_is_owed_to_the_customer_until_something_is_charged(shop, boss, books):
    with boss.acting(), transaction():
        (deposit,) = pay(shop, Tender("cash", Decimal(9000)), purpose="deposit")
    assert books.all() == {"1000": 9000, "2020": -9000}
    with boss.acting(), transaction():
        give_back(deposit, Decimal(1000), "other")
        assert apply_deposits("repair_order", shop.order_id, Decimal(6000)) == 6000
        give_back(deposit, Decimal(3000), "other")
    # of the last 3,000 there were 2,000 left of the deposit; 1,000 had paid what was charged
    assert books.all() == {"1000": 5000, "1200": -5000}


def test_a_movement_that_is_not_in_the_books_is_named(shop, boss, books):
    with boss.acting(), transaction():
        (paid,) = pay(shop, Tender("cash", Decimal(9000)))
    with boss.acting():
        number = session().get_one(Payment, paid).number

    def differs():
        with boss.acting():
            return list(payments_are_posted())

    assert differs() == []
    with boss.acting():
        (entry,) = entries_of("payment", paid)
        reverse(entry.id, reason="By mistake")
    assert differs() == [f"{number}: 9000.0000 captured, 0 in the books"]


def test_history_is_posted_once_when_it_is_asked_for(shop, boss):
    with boss.acting(), transaction():
        (paid,) = pay(shop, Tender("cash", Decimal(9000)))
        give_back(paid, Decimal(2000), "other")
    books = Posted(boss)
    books.begin()
    assert books.all() == {}
    for _time in range(2):
        with boss.acting(), transaction():
            assert post_history([paid]) == 2
        assert books.all() == {"1000": 7000, "1200": -7000}


@settings(max_examples=60)
@given(st.lists(st.tuples(st.sampled_from(["captured", "applied", "refunded"]), st.integers(1, 9)), max_size=8))
def test_what_goes_back_comes_from_the_deposit_first_and_nothing_is_lost(steps):
    paid, kept, entries = 0, 0, []
    for kind, amount in steps:
        most = {"captured": amount, "applied": kept, "refunded": paid}[kind]
        if amount > most:
            continue
        paid += {"captured": amount, "applied": 0, "refunded": -amount}[kind]
        kept += {"captured": amount, "applied": -amount, "refunded": -min(amount, kept)}[kind]
        entries.append(SimpleNamespace(id=len(entries), kind=kind, amount=amount, refund_id=len(entries)))
    found = shares("deposit", entries)
    signs = {"captured": 1, "applied": -1, "refunded": -1}
    assert sum(signs[each.kind] * found[each.id].deposit for each in entries) == kept
    assert all(found[each.id].deposit + found[each.id].owed == each.amount for each in entries)
