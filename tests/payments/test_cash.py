"""Taking cash: exact, once, and never more than is due."""

from __future__ import annotations

import threading
from decimal import Decimal

import pytest

from erp import Conflict, Forbidden, Invalid, create, session, transaction
from plugins.payments.api import due_of, paid_for, take_cash
from plugins.payments.models import Payment
from plugins.repairs.models import RepairOrder
from tests.repairs.conftest import Shop


@pytest.fixture
def order_id(shop: Shop) -> int:
    """An order of 27,028.00 that the customer has accepted."""
    shop.receive()
    shop.inspect()
    shop.quote()
    shop.decide("accept")
    return shop.order_id


def pay(order_id: int, amount: str, tendered: str) -> Payment:
    with transaction():
        order = session().get_one(RepairOrder, order_id)
        return take_cash(order, order.customer, Decimal(amount), Decimal(tendered))


def test_change_is_worked_out_and_the_payment_numbered(shop: Shop, order_id: int) -> None:
    with shop.grace.acting():
        payment = pay(order_id, "27028", "28000")
        assert payment.change_amount == Decimal(972)
        assert payment.cashier == "Grace Njeri"
        assert str(payment.number).startswith("PAY-")
        assert payment.currency == "KES"
        assert due_of(session().get_one(RepairOrder, order_id)) == 0


def test_part_may_be_paid_now_and_the_rest_later(shop: Shop, order_id: int) -> None:
    with shop.grace.acting():
        pay(order_id, "10000", "10000")
        assert paid_for("repair_order", order_id) == Decimal(10000)
        with pytest.raises(Conflict, match=r"Only KES 17,028\.00 is still to be paid\."):
            pay(order_id, "17028.01", "20000")
        pay(order_id, "17028", "17028")
        with pytest.raises(Conflict, match="This is paid already"):
            pay(order_id, "1", "1")


@pytest.mark.parametrize(
    ("tendered", "sentence"),
    [
        ("27027.99", "KES 0.01 is missing."),
        ("27028.005", "KES has 2 decimal places."),
        ("0", "KES 27,028.00 is missing."),
    ],
)
def test_wrong_cash_is_said_beside_the_field(shop: Shop, order_id: int, tendered: str, sentence: str) -> None:
    with shop.grace.acting(), pytest.raises(Invalid) as refused:
        pay(order_id, "27028", tendered)
    assert refused.value.fields == {"tendered": sentence}


@pytest.mark.parametrize("amount", ["0", "-5", "0.001"])
def test_nothing_and_less_cannot_be_paid(shop: Shop, order_id: int, amount: str) -> None:
    with shop.grace.acting(), pytest.raises(Invalid):
        pay(order_id, amount, "28000")


def test_two_tills_cannot_take_the_same_money(shop: Shop, order_id: int) -> None:
    results: list[str] = []
    ready = threading.Barrier(2)

    def till() -> None:
        with shop.grace.acting():
            ready.wait()
            try:
                pay(order_id, "27028", "27028")
                results.append("paid")
            except Conflict:
                results.append("refused")

    tills = [threading.Thread(target=till) for _number in range(2)]
    for each in tills:
        each.start()
    for each in tills:
        each.join()
    assert sorted(results) == ["paid", "refused"]


def test_payments_cannot_be_typed(shop: Shop) -> None:
    with shop.grace.acting(), pytest.raises(Forbidden):
        create("payment", {})


def _pay_and_fail(order_id: int) -> None:
    with transaction():
        pay(order_id, "100", "100")
        1 / 0  # noqa: B018 - something goes wrong behind the payment


def test_numbers_have_no_gap_when_a_payment_fails(shop: Shop, order_id: int) -> None:
    with shop.grace.acting():
        numbers = [str(pay(order_id, "100", "100").number)]
        with pytest.raises(ZeroDivisionError):
            _pay_and_fail(order_id)
        numbers.append(str(pay(order_id, "100", "100").number))
        assert [number[-5:] for number in numbers] == ["00001", "00002"]
        assert paid_for("repair_order", order_id) == Decimal(200)
