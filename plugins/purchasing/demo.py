"""What the demo company bought lately: one purchase is over, one waits for its managers, one for a word on its bill."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from random import Random
from typing import Any

import sqlalchemy as sa

from erp import session, today
from plugins.products.models import Product
from plugins.stock.models import STOCKED

TYPE = "purchase_order"
WHO, BOSS, BOOKS = "Brenda Achieng", "Peter Kariuki", "Wanjiku Kamau"
SHARE = Decimal("0.6")
"""Of a price, what a supplier asks where nobody says what it costs."""


@dataclass(frozen=True)
class Colleague:
    """Who buys, and who answers for it."""

    username: str
    name: str
    roles: tuple[str, ...]
    branch: str = "Westlands"


PEOPLE = (
    Colleague("brenda", WHO, ("Buyer",)),
    Colleague("samuel", "Samuel Kiptoo", ("Purchasing manager", "Stock manager")),
)
ANSWERS: Mapping[str, Callable[[Any], Any]] = {
    "render_purchase_order": lambda _request: {},
    "send_purchase_order": lambda _request: {"delivered": "mailbox"},
    "send_request_for_quotation": lambda _request: {"delivered": "mailbox"},
}
SUPPLIERS = (
    {"name": "Uhuru Parts Ltd", "email": "orders@uhuruparts.example", "phone": "+254 711 200 300"},
    {"name": "Mombasa Optics", "email": "sales@mombasaoptics.example", "phone": "+254 722 300 400"},
)
AGREED = {"party_supplier.lead_days": 7, "party_supplier.payment_terms": "net_30"}


def load(stage: Any, rng: Random) -> None:
    """Two suppliers, five orders at different points of their way, one return that is credited, and a need."""
    common = {"kind": "company", "is_supplier": True, "is_customer": False}
    suppliers = [stage.create(BOSS, "party", {**common, **AGREED, **each}) for each in SUPPLIERS]
    products = list(session().scalars(sa.select(Product).where(Product.kind.in_(STOCKED)).order_by(Product.id)))
    if len(products) < len(SUPPLIERS):
        return
    small = _sent(stage, suppliers[0], _lines(products, rng, 3, least=1, most=2))
    receipt = _receive(stage, small)
    _bill(stage, small, suppliers[0], "UP-2291")
    _credited(stage, receipt, suppliers[0], "UPC-118")
    late = _sent(stage, suppliers[1], _lines(products, rng, 2, least=2, most=4))
    _receive(stage, late, missing=1)
    dear = _sent(stage, suppliers[0], _lines(products, rng, 2, least=3, most=5))
    _receive(stage, dear)
    _bill(stage, dear, suppliers[0], "UP-2304", dearer=Decimal("1.08"))
    _drawn_up(stage, suppliers[1], _lines(products, rng, 3, least=8, most=12))
    stage.create(WHO, TYPE, {"supplier": suppliers[0], "lines": _lines(products, rng, 1, least=1, most=3)})
    need = {"description": "Display case, 120 cm", "quantity": Decimal(2)}
    asked = stage.create(WHO, "purchase_requisition", {"reason": "The new shop window", "lines": [need]})
    stage.of("purchase_requisition").complete(WHO, asked, "ask", {"decision": "ask"})


def _lines(products: list[Product], rng: Random, count: int, *, least: int, most: int) -> list[dict[str, Any]]:
    return [
        {
            "product": each.id, "description": each.name, "quantity": Decimal(rng.randint(least, most)),
            "unit_price": (each.cost or each.unit_price * SHARE or Decimal(100)).quantize(Decimal(1)),
        }
        for each in rng.sample(products, min(count, len(products)))
    ]  # fmt: skip


def _drawn_up(stage: Any, supplier: int, lines: list[dict[str, Any]]) -> int:
    needed_on = today() + timedelta(days=7)
    order: int = stage.create(WHO, TYPE, {"supplier": supplier, "needed_on": needed_on, "lines": lines})
    stage.complete(WHO, order, "submit", {"decision": "submit"})
    return order


def _sent(stage: Any, supplier: int, lines: list[dict[str, Any]]) -> int:
    order = _drawn_up(stage, supplier, lines)
    for who in (BOSS, "Samuel Kiptoo"):
        if "decide" in stage.open(order):
            stage.complete(who, order, "decide", {"decision": "approve"})
    stage.work(order, papers=False)
    return order


def _receive(stage: Any, order: int, *, missing: int = 0) -> int:
    """All of it comes, or fewer of the first line."""
    receipts = stage.of("goods_receipt")
    receipt: int = stage.create(BOSS, "goods_receipt", {"order": order})
    lines = [{"id": line.id, "accepted": line.accepted} for line in receipts.look(receipt, "lines")]
    lines[0]["accepted"] -= missing
    receipts.complete(BOSS, receipt, "receive", {"decision": "receive", "lines": lines})
    return receipt


def _bill(stage: Any, order: int, supplier: int, number: str, *, dearer: Decimal = Decimal(1)) -> None:
    """What came is billed, at the price of the order or dearer."""
    bills = stage.of("supplier_bill")
    values = {"order": order, "supplier": supplier, "bill_number": number, "billed_on": today()}
    bill = stage.create(BOOKS, "supplier_bill", values)
    rows = [
        {"id": line.id, "unit_price": (line.unit_price * dearer).quantize(Decimal(1))}
        for line in bills.look(bill, "lines")
    ]
    bills.complete(BOOKS, bill, "enter", {"decision": "post", "lines": rows})


def _credited(stage: Any, receipt: int, supplier: int, number: str) -> None:
    """One of the first line goes back, and its supplier credits it."""
    returns, notes = stage.of("supplier_return"), stage.of("supplier_credit_note")
    back = stage.create(BOSS, "supplier_return", {"receipt": receipt, "reason": "damaged"})
    lines = [{"id": returns.look(back, "lines")[0].id, "quantity": Decimal(1)}]
    returns.complete(BOSS, back, "send_back", {"decision": "send", "lines": lines})
    values = {"supplier_return": back, "supplier": supplier, "credit_number": number, "credited_on": today()}
    note = stage.create(BOOKS, "supplier_credit_note", values)
    rows = [{"id": line.id} for line in notes.look(note, "lines")]
    notes.complete(BOOKS, note, "enter", {"decision": "post", "lines": rows})
