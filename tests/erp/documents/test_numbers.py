"""Numbers: plain ones never wait, gapless ones never miss."""

from __future__ import annotations

import threading
from decimal import Decimal

import pytest

from erp import operations
from erp.data.base import session

pytestmark = pytest.mark.usefixtures("app")


def in_threads(count, work):
    errors: list[BaseException] = []

    def run(place):
        try:
            work(place)
        except BaseException as error:
            errors.append(error)
        finally:
            session.remove()

    threads = [threading.Thread(target=run, args=(place,)) for place in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert errors == []


def test_plain_numbers_are_unique_under_eight_hands(company, truth):
    counter = company.person("Counter")
    with counter.acting():
        customer = operations.create("party", {"name": "Amina Hassan"}).id

    def take_in(_place):
        with counter.acting():
            for _round in range(5):
                operations.create("repair_order", {"customer": customer, "item": "Canon", "fault": "Error 20"})

    in_threads(8, take_in)
    numbers = [row.number for row in truth("select number from repair_order where customer_id = :id", id=customer)]
    assert len(set(numbers)) == len(numbers) == 40
    assert all(number.startswith("RO-2026-") or number.startswith("RO-20") for number in numbers)


def test_gapless_numbers_have_no_gap_even_when_some_are_rolled_back(company, truth):
    counter = company.person("Counter")
    with counter.acting():
        customer = operations.create("party", {"name": "Amina Hassan"}).id

    def pay(place):
        with counter.acting():
            values = {"party": customer, "amount": Decimal(100), "method": "cash"}
            if place % 3 == 0:
                with pytest.raises(Exception):  # noqa: B017, PT011 - any refusal will do: no number may be lost
                    operations.create("payment", values | {"amount": Decimal(-1), "nonsense": 1})
            operations.create("payment", values)

    in_threads(8, pay)
    numbers = sorted(row.number for row in truth("select number from payment where party_id = :id", id=customer))
    assert [int(number.rsplit("-", 1)[1]) for number in numbers] == list(range(1, len(numbers) + 1))
