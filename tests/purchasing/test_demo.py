"""The demo company's purchases: each waits somewhere else, and what is posted adds up."""

from __future__ import annotations

from collections import Counter
from random import Random

import sqlalchemy as sa

from erp import create, session
from erp.run.demo import Stage
from plugins.purchasing import demo
from plugins.purchasing.bills import SupplierBill
from plugins.purchasing.models import PurchaseOrder
from tests.purchasing.test_purchases import CHECKS


def test_purchases_wait_at_different_points_of_their_way(firm):
    roles = {demo.WHO: "Buyer", demo.BOSS: "TENANT_MANAGER", demo.BOOKS: "Accountant"}
    people = {name: firm.company.person(role, name=name) for name, role in roles.items()}
    people["Samuel Kiptoo"] = firm.company.person("Purchasing manager", "Stock manager", name="Samuel Kiptoo")
    acting = {}
    for name, person in people.items():
        with person.acting() as context:
            acting[name] = context
    with people[demo.BOSS].acting():
        for number in range(6):
            create("product", {"name": f"Thing {number}", "unit_price": 400 + 90 * number})
        demo.load(Stage(demo.TYPE, acting, demo.ANSWERS), Random(7))
        states = Counter(session().scalars(sa.select(PurchaseOrder.state)))
        assert (states["sent"], states["draft"]) == (3, 1)
        assert set(session().scalars(sa.select(SupplierBill.state))) == {"posted", "mismatched"}
        assert [each for one in CHECKS for each in one()] == []
