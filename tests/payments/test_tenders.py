"""Every way to pay, several at once, and every way back: in reverse, by whoever may, with a second person's yes."""

from __future__ import annotations

import threading
from decimal import Decimal

import pytest

from erp import Conflict, Forbidden, Invalid, session, transaction, write_setting
from erp.errors import ErpError
from erp.testing.pytest_plugin import Company, Person
from plugins.payments.api import Tender, agree, decline, due_of, give_back, give_back_of, payments_of, take
from plugins.payments.models import Payment, PaymentReview, Refund
from plugins.payments.refunds import SECOND_PERSON
from plugins.repairs.models import RepairOrder
from tests.repairs.conftest import Shop

DUE = Decimal(27028)


@pytest.fixture
def boss(company: Company, shop: Shop) -> Person:
    """A manager; the shop's order of 27,028.00 is accepted."""
    shop.receive()
    shop.inspect()
    shop.quote()
    shop.decide("accept")
    return company.person("TENANT_MANAGER", "Counter", name="Amos Kariuki")


def order_of(shop: Shop) -> RepairOrder:
    return session().get_one(RepairOrder, shop.order_id)


def pays(shop: Shop, *tenders: Tender, **how: bool) -> list[Payment]:
    with transaction():
        order = order_of(shop)
        return take(order, order.customer, tenders, **how)  # type: ignore[arg-type]


def test_split_over_all_tenders_and_given_back_in_reverse(shop: Shop, boss: Person) -> None:
    with boss.acting():
        made = pays(
            shop,
            Tender("bank", Decimal(10000), reference="FT26330"),
            Tender("mpesa", Decimal(5000), reference="skj4h7qwer"),
            Tender("card_machine", Decimal(7028), reference="000431"),
            Tender("cash", Decimal(5000), tendered=Decimal(6000)),
        )
        assert [payment.method for payment in made] == ["bank", "mpesa", "card_machine", "cash"]
        assert (made[3].change_amount, made[1].reference) == (Decimal(1000), "SKJ4H7QWER")
        assert due_of(order_of(shop)) == 0
        with transaction():
            back = give_back_of(order_of(shop), Decimal(6000), "other", reference="R-1")
        assert [(refund.method, refund.refund_amount) for refund in back] == [
            ("cash", Decimal(5000)), ("card_machine", Decimal(1000)),
        ]  # fmt: skip
        assert [refund.status for refund in back] == ["refunded", "refunded"]
        assert due_of(order_of(shop)) == Decimal(6000)
        with pytest.raises(Conflict, match=r"Only KES 21,028\.00 can be given back"), transaction():
            give_back_of(order_of(shop), Decimal(21029), "other", reference="R-2")


@pytest.mark.parametrize(
    ("tender", "field"),
    [
        (Tender("bank", Decimal(1)), "reference"),
        (Tender("card_machine", Decimal(1), reference="4242 4242 4242 4242"), "reference"),
        (Tender("cash", Decimal(10), tendered=Decimal(9)), "tendered"),
    ],
)
def test_one_bad_tender_and_nothing_is_taken(shop: Shop, boss: Person, tender: Tender, field: str) -> None:
    with boss.acting():
        with pytest.raises(Invalid) as refused:
            pays(shop, Tender("cash", Decimal(100)), tender)
        assert list(refused.value.fields) == [field]
        assert payments_of(order_of(shop)) == []


def test_the_same_mpesa_message_is_money_once(shop: Shop, boss: Person) -> None:
    with boss.acting():
        pays(shop, Tender("mpesa", Decimal(10), reference="SKJ4H7QWER"))
        with pytest.raises(Conflict, match="was recorded already"):
            pays(shop, Tender("mpesa", Decimal(10), reference="skj4h7qwer "))


def test_a_transfer_of_too_much_is_put_before_a_person_and_cash_is_not_taken(shop: Shop, boss: Person) -> None:
    with boss.acting():
        with pytest.raises(Conflict, match="Only KES"):
            pays(shop, Tender("bank", DUE + 100, reference="FT1"))
        with pytest.raises(Conflict, match="Only KES"):
            pays(shop, Tender("bank", DUE, reference="FT1"), Tender("cash", Decimal(1)), may_exceed=True)
        pays(shop, Tender("bank", DUE + 100, reference="FT1"), may_exceed=True)
        assert due_of(order_of(shop)) == -100
        (review,) = session().query(PaymentReview)
        assert (review.kind, review.review_amount) == ("overpaid", Decimal(100))


def test_a_deposit_comes_before_the_price(shop: Shop, company: Company) -> None:
    shop.receive()
    with shop.grace.acting():
        with transaction():
            order = order_of(shop)
            (deposit,) = take(order, order.customer, [Tender("cash", Decimal(2000))], purpose="deposit")
        assert (deposit.purpose, deposit.status) == ("deposit", "paid")
        assert due_of(order_of(shop)) == -2000


def test_cash_is_paid_out_by_right_only(shop: Shop, boss: Person, company: Company) -> None:
    with boss.acting():
        (payment,) = pays(shop, Tender("cash", Decimal(500)))
    clerk = company.person("Counter")
    with clerk.acting(), pytest.raises(Forbidden), transaction():
        give_back(payment.id, Decimal(1), "other")


def test_a_large_refund_waits_for_somebody_else(shop: Shop, boss: Person, company: Company) -> None:
    other = company.person("TENANT_MANAGER", name="Wanjiru Kamau")
    with boss.acting():
        (payment,) = pays(shop, Tender("bank", Decimal(20000), reference="FT2"))
        with transaction():
            write_setting(SECOND_PERSON, "5000")
            small = give_back(payment.id, Decimal("4999.99"), "other", reference="R-1")
            large = give_back(payment.id, Decimal(5000), "other")
            third = give_back(payment.id, Decimal(10000), "other")
        assert (small.status, large.status) == ("refunded", "to_approve")
        payment_id, large_id, third_id = payment.id, large.id, third.id
        assert session().get_one(Payment, payment_id).pending_amount == Decimal(15000)
        with pytest.raises(Invalid, match="correcting"), transaction():
            give_back(payment_id, Decimal(1), "other", reference="R-3")
        with transaction():
            decline(third_id, "Typed twice")
            third_id = give_back(payment_id, Decimal(10000), "other").id
        with pytest.raises(Conflict, match="yourself"), transaction():
            agree(large_id, reference="R-2")
    with company.person("Counter").acting(), pytest.raises(Forbidden), transaction():
        agree(large_id)
    with other.acting():
        with pytest.raises(Invalid), transaction():
            agree(large_id)
        with transaction():
            agree(large_id, reference="R-2")
            decline(third_id, "The customer changed their mind")
        with pytest.raises(Conflict, match="decided already"), transaction():
            agree(large_id, reference="R-2")
        found = session().get_one(Refund, large_id)
        assert (found.status, found.approved_by) == ("refunded", "Wanjiru Kamau")
        assert session().get_one(Refund, third_id).status == "failed"
        kept = session().get_one(Payment, payment_id)
        assert (kept.refunded_amount, kept.pending_amount) == (Decimal("9999.99"), Decimal(0))
        assert session().query(PaymentReview).all() == []


def test_eight_give_the_same_money_back_at_once(shop: Shop, boss: Person) -> None:
    with boss.acting():
        (payment,) = pays(shop, Tender("cash", Decimal(1000)))
    ready, said = threading.Barrier(8), []

    def one() -> None:
        with boss.acting():
            ready.wait()
            try:
                with transaction():
                    give_back(payment.id, Decimal(300), "other")
                said.append("given")
            except ErpError:
                said.append("refused")

    threads = [threading.Thread(target=one) for _each in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(said) == ["given"] * 3 + ["refused"] * 5
    with boss.acting():
        assert session().get_one(Payment, payment.id).refunded_amount == Decimal(900)
