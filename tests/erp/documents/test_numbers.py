"""Numbers: plain ones never wait, gapless ones never miss."""

from __future__ import annotations

import threading
from decimal import Decimal

import pytest
import sqlalchemy as sa

from erp import clock, operations
from erp.data.base import session, transaction
from erp.documents.numbers import NumberSequence
from erp.documents.types import document_type
from erp.provision import Provision

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
    assert all(number.startswith("RO-20") for number in numbers)


def payment(customer):
    values = dict.fromkeys(("asked_amount", "tendered_amount"), Decimal(100)) | {"change_amount": Decimal(0)}
    values |= {"method": "cash", "subject_type": "", "subject_id": 0, "subject_number": ""}
    return document_type("payment").cls(party_id=customer, paid_at=clock.now(), cashier="Grace", **values)


def test_gapless_numbers_have_no_gap_even_when_some_are_rolled_back(company, truth):
    counter = company.person("Counter")
    with counter.acting():
        customer = operations.create("party", {"name": "Amina Hassan"}).id

    def pay(place):
        with counter.acting():
            for turn in range(3):
                try:
                    with transaction():
                        operations.add(payment(customer))
                        if (place + turn) % 3 == 0:
                            raise LookupError
                except LookupError:
                    continue

    in_threads(8, pay)
    numbers = sorted(row.number for row in truth("select number from payment where party_id = :id", id=customer))
    assert len(numbers) == 16
    assert [int(number.rsplit("-", 1)[1]) for number in numbers] == list(range(1, len(numbers) + 1))


def test_history_of_a_branch_the_actor_does_not_reach_keeps_its_numbers(company, database):
    with company.person("TENANT_OWNER", "Counter").acting():
        customer = operations.create("party", {"name": "Amina Hassan"}).id

    def take(branch):
        with company.person("Counter", only_at=branch).acting(), transaction():
            values = {"customer": customer, "item": "Canon", "fault": "Error 20"}
            order, paid = operations.create("repair_order", values), operations.add(payment(customer))
        return [row.number.rsplit("-", 1)[1] for row in (order, paid)]

    assert [take("Mombasa") for _time in range(3)][-1] == ["00003", "00003"]
    with Provision(database) as owner:
        mine = NumberSequence.tenant_id == company.place.tenant_id
        owner.session.execute(sa.update(NumberSequence).where(mine).values(last=0))
    assert take("Westlands") == ["00004", "00004"]
    assert take("Westlands") == ["00005", "00005"]
