"""Transfers a second through HTTP, every step a user takes: asked for, picked, shipped, received; beside Tryton."""

from __future__ import annotations

import random
from decimal import Decimal
from functools import partial

from erp import create
from erp.data.organisation import today
from erp.provision import Provision
from plugins.accounting.api import choose_chart
from plugins.stock.api import Movement, home, place, post
from plugins.stock.models import Location
from tests.bench.purchases import CLIENTS, LINES, Client, beside_tryton, break_in, per_second, serving
from tests.bench.site import PASSWORD, Site

PRODUCTS, EACH = 300, 100_000
PEOPLE = {"shipper": "Sam Shipper", "receiver": "Rita Receiver"}
"""Who ships and who receives: nobody does both."""


class Goods:
    """What goes from one place to the other, and back."""

    def __init__(self, site: Site) -> None:
        site.act()
        there = create("location", {"code": "THERE", "name": "The other branch"})
        assert isinstance(there, Location)
        self.ends = (home().id, there.id)
        self.products = [create("product", {"name": f"Carried {n}"}).id for n in range(PRODUCTS)]
        supplier = place("supplier").id
        post([
            Movement(product, supplier, end, Decimal(EACH), value=Decimal(EACH * 5))
            for product in self.products for end in self.ends
        ])  # fmt: skip


def measure(site: Site) -> dict[str, float]:
    """transfer.per_s_1 and per_s_8; vs_tryton_8 where PEER_HOME is set."""
    assert site.app is not None
    with Provision(site.url) as owner:
        for username, name in PEOPLE.items():
            site.user_id = owner.person(username, name, PASSWORD)
            owner.member(site.user_id, site.place, name, ["TENANT_MANAGER", "TENANT_OWNER"])
    site.act()
    choose_chart("kenya", today().replace(month=1, day=1))
    goods = Goods(site)
    with serving(site) as port:
        tokens = [Client(port).sign_in(username) for username in PEOPLE]
        carrying = [partial(carry, *(Client(port, token) for token in tokens), goods) for _each in range(CLIENTS)]
        break_in(site, carrying)
        return {"transfer.per_s_1": per_second(carrying[:1])} | beside_tryton(
            "transfer", "transfer", partial(per_second, carrying)
        )


def carry(shipper: Client, receiver: Client, goods: Goods, rng: random.Random) -> None:
    """One transfer of three lines, as in the peer: asked for, picked, shipped, and received by somebody else."""
    origin, target = goods.ends if rng.random() < 0.5 else goods.ends[::-1]
    lines = [{"product": product, "quantity": "1"} for product in rng.sample(goods.products, LINES)]
    made = shipper.make("transfer", from_location=origin, to_location=target, lines=lines)
    picked = shipper.do(made, picked="asked", decision="done")
    shipped = shipper.do(picked, decision="done")
    receiver.do(shipped, came="all", decision="done")
