"""A cart is sold: one transaction with stock, money, books and number, made once however often it is sent."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from erp import Invalid, _, company, current, i18n, repeated, session
from plugins.pos import allowing, carts, desk
from plugins.pos.allowing import Need
from plugins.pos.carts import Cart, exact, plain
from plugins.pos.desk import Desk
from plugins.pos.ledgers import PosSale
from plugins.pos.sent import Sent
from plugins.sales.api import Basket, Tender, check_out
from plugins.sales.models import TENDERS, Sale

TAKEN = ("cash", "card_machine", "mpesa", "account")
"""Tenders a till takes: what is paid elsewhere is none of them."""
RECEIPTS = {"print": "print", "mail": "mail", "none": "none"}
HUNDRED, ZERO = Decimal(100), Decimal(0)


def sell(cookie: str, found: object) -> dict[str, Any]:
    """Sell what was sent; the same `uuid` again gives the same answer. Raises Invalid, OverrideNeeded, NoSession."""
    sent = Sent(found)
    sale = _sold(cookie, sent, sent.uuid("uuid"))
    return answer(sale)


@repeated
def _sold(cookie: str, sent: Sent, uuid: str) -> Sale:
    here = desk.selling(cookie, lock(uuid))
    if (known := before(uuid)) is not None:
        return known
    with desk.working_at(here):
        cart, tenders = carts.read(sent, here), _tenders(sent)
        receipt, email = _receipt(sent, cart)
        needs: list[Need] = []
        allowed: dict[str, Any] = {}

        def judge(priced: Basket) -> None:
            needs.extend(needed(cart, priced, here))
            allowed.update(allowing.allowed(needs, cart.tokens, here))

        sale = check_out(
            cart.wanted, tenders, customer=cart.customer, discount=cart.discount, place_id=here.place.id, judge=judge
        )
        row = {"uuid": uuid, "session_id": here.open_session.id, "terminal_id": here.terminal.id, "sale_id": sale.id,
               "receipt": receipt, "email": email}  # fmt: skip
        session().execute(sa.insert(PosSale), [row])
        allowing.use(needs, allowed, sale_id=sale.id)
        return sale


def lock(uuid: str) -> sa.ColumnElement[Any]:
    """Held until the end of the transaction by whoever sells under this number: a second one waits and looks again."""
    text = f"{current().tenant_id} till {uuid}"
    number = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big", signed=True)
    return sa.func.pg_advisory_xact_lock(number)


def before(uuid: str) -> Sale | None:
    """What was sold under this number already."""
    statement = sa.select(Sale).join(PosSale, PosSale.sale_id == Sale.id).where(PosSale.uuid == uuid)
    return session().scalar(statement)


def price(here: Desk, found: object) -> dict[str, Any]:
    """The cart as the server prices it, with what of it somebody else has to allow."""
    sent = Sent(found)
    with desk.working_at(here):
        cart = carts.read(sent, here)
        priced = cart.basket(cash=bool(sent.found.get("cash")))
        needs = needed(cart, priced, here)
        return {**carts.told(priced, cart),
                "needs": [{"kind": each.kind, "field": each.field, "did": each.did} for each in needs]}  # fmt: skip


def needed(cart: Cart, priced: Basket, here: Desk) -> list[Need]:
    """What of a priced cart a cashier may not do alone."""
    most = here.terminal.max_discount
    costs = carts.costs_of([each.product.id for each in cart.wanted if each.product is not None])
    found: list[Need] = []
    for place, (each, own, line) in enumerate(zip(cart.wanted, cart.own_prices, priced.sums.lines, strict=True)):
        assert each.product is not None
        name, at = each.product.name, f"lines-{place}-"
        if each.unit_price != own:
            said = _("%(product)s for %(new)s instead of %(own)s", product=name, own=_money(own),
                     new=_money(each.unit_price or ZERO))  # fmt: skip
            found.append(Need("price", f"{at}unit_price", said, (own - (each.unit_price or ZERO)) * each.quantity))
        off = HUNDRED - (HUNDRED - each.discount) * (HUNDRED - cart.discount) / HUNDRED
        if off > most:
            said = _("%(product)s %(percent)s %% off", product=name, percent=i18n.format_number(off))
            found.append(Need("discount", f"{at}discount" if each.discount else "discount", said,
                              each.quantity * own * off / HUNDRED))  # fmt: skip
        cost = costs.get(each.product.id, ZERO) * each.quantity
        if line.net < cost:
            found.append(Need("below_cost", f"{at}unit_price", _("%(product)s below cost", product=name),
                              cost - line.net))  # fmt: skip
    return found


def _money(amount: Decimal) -> str:
    return i18n.format_money(amount, company().currency)


def _tenders(sent: Sent) -> Sequence[Tender]:
    known = {kind: TENDERS[kind] for kind in TAKEN}
    rows = sent.rows("tenders")
    if not rows:
        raise Invalid(fields={"tenders": _("Say how it is paid.")})
    return [
        Tender(row.one_of("kind", known), row.number("amount"), row.number("tendered"), row.text("reference", most=80))
        for row in rows
    ]


def _receipt(sent: Sent, cart: Cart) -> tuple[str, str]:
    """(what becomes of the receipt, the address it goes to)."""
    wish = sent.one_of("receipt", RECEIPTS, "none")
    if wish != "mail":
        return wish, ""
    email = sent.text("email") or (cart.customer.email if cart.customer is not None else "") or ""
    if "@" not in email:
        raise Invalid(fields={"email": _("Where should the receipt go?")})
    return wish, email


def answer(sale: Sale) -> dict[str, Any]:
    """What the till is told of a sale, the same each time."""
    change = sum((each.change_amount for each in sale.tenders), ZERO)
    return {
        "sale": sale.id, "number": sale.number, "total": exact(sale.total, sale.currency),
        "payable": exact(sale.total + sale.rounding, sale.currency), "rounding": plain(sale.rounding),
        "change": exact(change, sale.currency), "receipt_url": f"/till/receipts/{sale.number}/paper",
    }  # fmt: skip
