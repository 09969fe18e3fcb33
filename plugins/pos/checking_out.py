"""A cart is sold: one transaction with stock, money, books and number, made once however often it is sent."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import REGCLASS, insert

from erp import Invalid, _, currency, current, i18n, prepared, repeated, session
from plugins.pos import allowing, carts, desk, lots
from plugins.pos.allowing import Need
from plugins.pos.carts import Cart, exact
from plugins.pos.desk import Desk
from plugins.pos.ledgers import PosSale
from plugins.pos.sent import Sent
from plugins.receipts.api import plain
from plugins.sales.api import Basket, Bought, Sold, Tender
from plugins.sales.api import sell as make_sale
from plugins.sales.models import TENDERS, Sale

TAKEN = ("cash", "card_machine", "mpesa", "account")
"""Tenders a till takes: what is paid elsewhere is none of them."""
RECEIPTS = {"print": "print", "mail": "mail", "none": "none"}
HUNDRED, ZERO = Decimal(100), Decimal(0)


def sell(cookie: str, found: object) -> dict[str, Any]:
    """Sell what was sent; the same `uuid` again gives the same answer. Raises Invalid, OverrideNeeded, NoSession."""
    sent = Sent(found)
    sold = _sold(cookie, sent, sent.uuid("uuid"))
    return told(sold)


@repeated
def _sold(cookie: str, sent: Sent, uuid: str) -> Sold:
    here = desk.selling(cookie)
    wish = sent.one_of("receipt", RECEIPTS, "none")
    sale_id = begun(uuid, here, receipt=wish)
    if sale_id is None:
        return before(uuid)
    with desk.working_at(here):
        cart, tenders = carts.read(sent, here), _tenders(sent)
        lots.check(cart, here)
        needs: list[Need] = []
        allowed: dict[str, Any] = {}

        def judge(priced: Basket) -> None:
            needs.extend(needed(cart, priced, here))
            allowed.update(allowing.allowed(needs, cart.tokens, here))

        sold = make_sale(
            cart.wanted, tenders, Bought(cart.customer, receipt_email=_email(sent, cart, wish)),
            discount=cart.discount, ready=cart.ready, sale_id=sale_id, judge=judge,
        )  # fmt: skip
        allowing.use(needs, allowed, sale_id=sale_id)
        return sold


def begun(uuid: str, here: Desk, *, receipt: str) -> int | None:
    """The id of the sale that is made under this number; None where it was made before.

    Whoever sends the same number at the same moment waits here until the other has sold, or has not.
    """
    given = {
        "uuid": uuid, "session_id": here.open_session.id, "terminal_id": here.terminal.id, "receipt": receipt,
        "tenant_id": current().tenant_id,
    }  # fmt: skip
    sale_id: int | None = prepared.run(_beginning(), given).scalar()
    return sale_id


@cache
def _beginning() -> sa.UpdateBase:
    """Begin a sale under a number nobody has used, with an id taken for it; nothing where it was used."""
    sequence = sa.cast(sa.func.pg_get_serial_sequence(Sale.__tablename__, "id"), REGCLASS)
    table: Any = PosSale.__table__
    given: Any = {name: sa.bindparam(name) for name in ("tenant_id", "uuid", "session_id", "terminal_id", "receipt")}
    statement = insert(table).values(**given, email="", sale_id=sa.func.nextval(sequence))
    return statement.on_conflict_do_nothing(index_elements=["tenant_id", "uuid"]).returning(table.c.sale_id)


def before(uuid: str) -> Sold:
    """What was sold under this number already."""
    statement = sa.select(Sale).join(PosSale, PosSale.sale_id == Sale.id).where(PosSale.uuid == uuid)
    sale = session().scalar(statement)
    if sale is None:
        raise Invalid(fields={"uuid": _("Load the page again.")})
    change = sum((each.change_amount for each in sale.tenders), ZERO)
    return Sold(sale.id, sale.currency, sale.total, sale.total + sale.rounding, change, sale.number or "")


def price(here: Desk, found: object) -> dict[str, Any]:
    """The cart as the server prices it, with what of it somebody else has to allow."""
    sent = Sent(found)
    with desk.working_at(here):
        cart = carts.read(sent, here)
        lots.check(cart, here)
        priced = cart.basket(cash=bool(sent.found.get("cash")))
        needs = needed(cart, priced, here)
        return {**carts.told(priced, cart),
                "needs": [{"kind": each.kind, "field": each.field, "did": each.did} for each in needs]}  # fmt: skip


def needed(cart: Cart, priced: Basket, here: Desk) -> list[Need]:
    """What of a priced cart a cashier may not do alone."""
    most = here.terminal.max_discount
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
        if each.lot_id is not None and (lot := cart.lots[each.lot_id]).is_expired:
            said = _("%(product)s, best before %(day)s", product=name, day=i18n.format_date(lot.expires_on))
            found.append(Need("expired", f"{at}lot", said, ZERO))
        cost = cart.costs.get(each.product.id, ZERO) * each.quantity
        if line.net < cost:
            found.append(Need("below_cost", f"{at}unit_price", _("%(product)s below cost", product=name),
                              cost - line.net))  # fmt: skip
    return found


def _money(amount: Decimal) -> str:
    return i18n.format_money(amount, currency())


def _tenders(sent: Sent) -> Sequence[Tender]:
    known = {kind: TENDERS[kind] for kind in TAKEN}
    rows = sent.rows("tenders")
    if not rows:
        raise Invalid(fields={"tenders": _("Say how it is paid.")})
    return [
        Tender(row.one_of("kind", known), row.number("amount"), row.number("tendered"), row.text("reference", most=80))
        for row in rows
    ]


def _email(sent: Sent, cart: Cart, wish: str) -> str:
    """The address the receipt goes to; empty where it goes nowhere."""
    if wish != "mail":
        return ""
    email = sent.text("email") or (cart.customer.email if cart.customer is not None else "") or ""
    if "@" not in email:
        raise Invalid(fields={"email": _("Where should the receipt go?")})
    return email


def told(sold: Sold) -> dict[str, Any]:
    """What the till is told of a sale, the same each time."""
    return {
        "sale": sold.id, "number": sold.number, "total": exact(sold.total, sold.currency),
        "payable": exact(sold.payable, sold.currency), "rounding": plain(sold.payable - sold.total),
        "change": exact(sold.change, sold.currency), "receipt_url": f"/till/receipts/{sold.number}/paper",
    }  # fmt: skip
