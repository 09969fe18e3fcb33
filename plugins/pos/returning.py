"""Goods come back: what of a receipt can still come back, and taking it back; without one where somebody allows it."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from erp import Invalid, NotFound, _, i18n, repeated, session, today, whole
from plugins.pos import allowing, carts, desk, lots
from plugins.pos.allowing import Need
from plugins.pos.carts import exact
from plugins.pos.checking_out import TAKEN
from plugins.pos.desk import Desk
from plugins.pos.ledgers import PosSale
from plugins.pos.sent import Sent
from plugins.receipts.api import plain
from plugins.sales.api import returned, take_back, take_back_unknown
from plugins.sales.models import REASONS, TENDERS, Sale, SaleRefund
from plugins.stock.api import Movement, Source, lots_of, place, post
from plugins.stock.models import StockMove

CONDITIONS = {"good": "good", "damaged": "damaged"}
ZERO = Decimal(0)


def receipt(code: str) -> dict[str, Any]:
    """A sale by its receipt's number or by a serial number it sold, with what of each line can still come back.

    Raises NotFound.
    """
    sale = _numbered(code) or lots.sold_with(code)
    if sale is None:
        raise NotFound(_("No receipt has this number."))
    back, pieces = returned(sale), lots_of(Sale.__tablename__, sale.id)
    lines = [
        {"sale_line_id": line.id, "product_id": line.product.id if line.product else None,
         "description": line.description, "uom": line.uom, "quantity": plain(line.quantity),
         "left": plain(line.quantity - back.get(line.id, ZERO)), "unit_price": plain(line.unit_price),
         "total": exact(line.total, sale.currency), "lot": lot.code if lot is not None else ""}
        for line in sale.lines
        for lot in [pieces.get(str(line.position))]
    ]  # fmt: skip
    return {
        "sale": sale.id, "number": sale.number, "sold_at": sale.sold_at.isoformat(),
        "sold": i18n.format_datetime(sale.sold_at), "customer": sale.customer.name if sale.customer else "",
        "total": exact(sale.total + sale.rounding, sale.currency), "lines": lines, "reasons": told_reasons(),
        "tenders": [{"kind": each.kind, "amount": exact(each.amount, sale.currency)} for each in sale.tenders],
    }  # fmt: skip


def of_number(code: str) -> Sale:
    """A sale by its number, as it is scanned or typed; raises NotFound."""
    found = _numbered(code)
    if found is None:
        raise NotFound(_("No receipt has this number."))
    return found


def _numbered(code: str) -> Sale | None:
    return session().scalar(sa.select(Sale).where(Sale.number == code.strip().upper()))


def told_reasons() -> list[dict[str, str]]:
    """Why something comes back, to choose from."""
    return [{"name": name, "label": str(label)} for name, label in REASONS.items()]


def give_back(cookie: str, found: object) -> dict[str, Any]:
    """Take goods back and give their money; the same `uuid` again gives the same answer.

    Without a `sale_id` lines are those of a cart. Raises Invalid, OverrideNeeded, NoSession.
    """
    sent = Sent(found)
    return answer(_taken(cookie, sent, sent.uuid("uuid")))


@repeated
def _taken(cookie: str, sent: Sent, uuid: str) -> SaleRefund:
    here = desk.selling(cookie)
    desk.hold_number(uuid)
    known = session().scalar(
        sa.select(SaleRefund).join(PosSale, PosSale.refund_id == SaleRefund.id).where(PosSale.uuid == uuid)
    )
    if known is not None:
        return known
    with desk.working_at(here):
        refund = _without_receipt(sent, here) if sent.found.get("sale_id") is None else _by_receipt(sent, here)
        _write_off(refund, _damaged(sent), here)
        row = {"uuid": uuid, "session_id": here.open_session.id, "terminal_id": here.terminal.id,
               "refund_id": refund.id}  # fmt: skip
        session().execute(sa.insert(PosSale), [row])
        return refund


def _by_receipt(sent: Sent, here: Desk) -> SaleRefund:
    sale = session().get(Sale, sent.key("sale_id", required=True) or 0)
    if sale is None:
        raise sent.wrong("sale_id", _("No receipt has this number."))
    return take_back(sale, _quantities(sent), _tender(sent), reason=_reason(sent), location_id=here.place.id)


def _without_receipt(sent: Sent, here: Desk) -> SaleRefund:
    """What nobody can show a receipt of comes back at today's price or less, if somebody else allows it."""
    cart = carts.read(sent, here)
    dear = [at for at, each in enumerate(cart.wanted) if (each.unit_price or ZERO) > cart.own_prices[at]]
    if dear:
        raise Invalid(fields={f"lines-{at}-unit_price": _("This is more than it costs today.") for at in dear})
    priced = cart.basket()
    names = ", ".join(each.product.name for each in cart.wanted if each.product is not None)
    needs = [Need("return", "lines", _("%(goods)s without a receipt", goods=names), priced.sums.total)]
    allowed = allowing.allowed(needs, cart.tokens, here)
    refund = take_back_unknown(
        priced, _tender(sent), customer=cart.customer, reason=_reason(sent), location_id=here.place.id
    )  # fmt: skip
    allowing.use(needs, allowed, refund_id=refund.id)
    return refund


def _quantities(sent: Sent) -> Mapping[int, Decimal]:
    """How many of each line of the sale."""
    quantities: dict[int, Decimal] = {}
    for row in sent.rows("lines"):
        line_id, count = row.key("sale_line_id", required=True) or 0, row.number("quantity")
        if count is None or count <= 0:
            raise row.wrong("quantity", _("This must be more than 0."))
        if line_id in quantities:
            raise row.wrong("sale_line_id", _("This line stands here twice."))
        quantities[line_id] = count
    return quantities


def _reason(sent: Sent) -> str:
    """Why it comes back: what the first line says counts."""
    return next((row.one_of("reason", REASONS, "returned") for row in sent.rows("lines")), "returned")


def _damaged(sent: Sent) -> frozenset[int]:
    """The places of the lines that came back damaged."""
    rows = enumerate(sent.rows("lines"))
    return frozenset(at for at, row in rows if row.one_of("condition", CONDITIONS, "good") == "damaged")


def _tender(sent: Sent) -> str:
    rows = sent.rows("tenders")
    if len(rows) != 1:
        raise Invalid(fields={"tenders": _("Say how the money is given back.")})
    return rows[0].one_of("kind", {kind: TENDERS[kind] for kind in TAKEN})


def _write_off(refund: SaleRefund, damaged: frozenset[int], here: Desk) -> None:
    """What came back damaged does not lie on the shelf: whatever was moved there for it goes on to what is lost."""
    came = sa.select(StockMove).where(
        StockMove.source_type == SaleRefund.__tablename__, StockMove.source_id == refund.id,
        StockMove.source_line.in_([str(at) for at in damaged]),
    )  # fmt: skip
    with whole():
        found = session().scalars(came.order_by(StockMove.id)).all() if damaged else ()
    if found:
        shelf, loss = here.place.id, place("loss").id
        moves = [
            Movement(each.product_id, shelf, loss, each.quantity, each.lot_id, line=each.source_line) for each in found
        ]
        post(moves, on=today(), source=Source("sale_refund", refund.id, "damaged", _("Came back damaged")))


def answer(refund: SaleRefund) -> dict[str, Any]:
    """What the till is told of a refund."""
    return {"refund": refund.id, "number": refund.number, "total": exact(refund.total, refund.currency)}
