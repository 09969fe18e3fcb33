"""The demo company's year: every state is alive, some are late, a few are stuck, and nothing is in the future."""

from __future__ import annotations

import time
from collections import Counter
from random import Random

import sqlalchemy as sa

from erp import clock, context, session
from erp.access import enter_as
from erp.provision import Provision
from erp.run.demo import Stage
from erp.testing.pytest_plugin import Company
from plugins.payments.models import Payment
from plugins.receipts.models import Receipt
from plugins.repairs import demo
from plugins.repairs.models import RepairOrder
from plugins.stock.models import StockMove

ORDERS = 60


def staged(company: Company, orders: int) -> float:
    """Plays a short year; returns the seconds it took and leaves its manager acting."""
    people: dict[str, context.Context] = {}
    with Provision(company.url) as owner:
        members = {
            each.name: owner.member(
                owner.person(f"{each.username}-{company.place.tenant_id}", each.name, "a long enough password"),
                company.place, each.name, each.roles, branch=each.branch,
            )
            for each in demo.PEOPLE
        }  # fmt: skip
        users = {each.name: owner.person(f"{each.username}-{company.place.tenant_id}", "", "") for each in demo.PEOPLE}
    assert len(members) == len(demo.PEOPLE)
    for name, user_id in users.items():
        acting = enter_as(user_id, company.place.tenant_id, source="demo")
        assert acting is not None
        people[name] = acting
        session.remove()
    began = time.perf_counter()
    demo.load(Stage(demo.TYPE, people, demo.ANSWERS), Random(4817), orders=orders)
    return time.perf_counter() - began


def test_the_year_is_alive(company: Company) -> None:
    staged(company, ORDERS)
    orders = list(session().scalars(sa.select(RepairOrder)))
    states = Counter(order.state for order in orders)
    assert states["delivered"] >= 10
    assert len(states) >= 6
    assert all(order.created_at <= clock.now() and order.state_at <= clock.now() for order in orders)
    numbers = [order.number for order in sorted(orders, key=lambda order: order.created_at)]
    assert numbers == sorted(numbers)
    used = session().scalar(sa.select(sa.func.count()).select_from(StockMove).where(StockMove.source_type == demo.TYPE))
    assert used >= states["delivered"]
    payments, receipts = list(session().scalars(sa.select(Payment))), list(session().scalars(sa.select(Receipt)))
    assert len(payments) == len(receipts)
    assert sum(entry.paid_amount for entry in payments) == sum(entry.total for entry in receipts)
