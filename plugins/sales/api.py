"""Selling and taking back, each one transaction: document, number, stock and money, or nothing of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from erp import Invalid, _, add, clock, company, current, day_of, i18n, money, session, transaction, whole
from plugins.parties.models import Party
from plugins.sales.checkout import NOTHING, Basket, Ready, Tender, Wanted, basket
from plugins.sales.models import Sale, SaleLine, SaleRefund, SaleRefundLine, SaleRefundTender
from plugins.sales.moving import NO_LOTS, enter, receive
from plugins.sales.papers import language_of as receipt_language
from plugins.sales.papers import receipt_paper
from plugins.sales.selling import Bought, Sold, new_id, sell

__all__ = [
    "Basket",
    "Bought",
    "Ready",
    "Sold",
    "Tender",
    "Wanted",
    "basket",
    "check_out",
    "new_id",
    "receipt_language",
    "receipt_paper",
    "refunds_of",
    "returned",
    "sell",
    "take_back",
    "take_back_unknown",
]


def check_out(
    wanted: Sequence[Wanted],
    tenders: Sequence[Tender],
    *,
    customer: Party | None = None,
    channel: str = "counter",
    discount: Decimal = NOTHING,
    at: datetime | None = None,
) -> Sale:
    """Sell: priced, numbered, paid, taken from the shelf and posted in one transaction; rights are the caller's.

    Raises Invalid at the line or tender that is wrong, Conflict where goods are missing or the day is locked.
    """
    with transaction():
        sold = sell(wanted, tenders, Bought(customer, channel, at=at), discount=discount)
        return session().get_one(Sale, sold.id)


def returned(sale: Sale) -> dict[int, Decimal]:
    """{line of a sale: quantity that has come back}."""
    statement = (
        sa.select(SaleRefundLine.sale_line_id, sa.func.sum(SaleRefundLine.quantity))
        .join(SaleRefund, SaleRefund.id == SaleRefundLine.document_id)
        .where(SaleRefund.sale == sale)
        .group_by(SaleRefundLine.sale_line_id)
    )
    with whole():
        return {line_id: taken for line_id, taken in session().execute(statement) if line_id is not None}


def refunds_of(sale: Sale) -> list[SaleRefund]:
    """What came back of a sale, the oldest first."""
    return list(session().scalars(sa.select(SaleRefund).where(SaleRefund.sale == sale).order_by(SaleRefund.id)))


def take_back(
    sale: Sale, quantities: Mapping[int, Decimal], tender: str, *, reason: str = "returned",
    at: datetime | None = None, location_id: int | None = None,
) -> SaleRefund:  # fmt: skip
    """Take back so much of each line of a sale and give its part of the price back; rights are the caller's.

    Never more than is left of a line, whoever asks at the same moment: Invalid at `lines` says how much that is. The
    goods are laid where they left, unless another place is named.
    """
    with transaction():
        session().refresh(sale, with_for_update=True)
        moment, before = at or clock.now(), returned(sale)
        by_id = {line.id: line for line in sale.lines}
        lines = [
            _line(place, by_id.get(line_id), quantity, before, sale.currency)
            for place, (line_id, quantity) in enumerate(quantities.items())
        ]
        if not lines:
            raise Invalid(fields={"lines": _("Add at least one line.")})
        refund = _refund(lines, moment, reason, sale.branch_id)
        refund.sale, refund.customer, refund.country, refund.channel = sale, sale.customer, sale.country, sale.channel
        refund.currency, refund.company_id = sale.currency, sale.company_id
        return _given_back(refund, lines, tender, location_id, NO_LOTS)


def take_back_unknown(
    found: Basket, tender: str, *, customer: Party | None = None, reason: str = "returned",
    location_id: int | None = None,
) -> SaleRefund:  # fmt: skip
    """Take back goods whose sale nobody can show, at the prices of the basket; whether to is the caller's to say."""
    with transaction():
        acting = current()
        lines = [
            SaleRefundLine(**{name: value for name, value in row.items() if name != "discount"}, product=each.product)
            for row, each in zip(found.rows(), found.wanted, strict=True)
        ]
        refund = _refund(lines, clock.now(), reason, acting.branch_id)
        refund.customer, refund.country = customer, (customer.country or "") if customer is not None else ""
        refund.currency, refund.company_id = company().currency, company().id
        lots = {place: each.lot_id for place, each in enumerate(found.wanted)}
        return _given_back(refund, lines, tender, location_id, lots)


def _given_back(
    refund: SaleRefund, lines: list[SaleRefundLine], tender: str, location_id: int | None,
    lots: Mapping[int, int | None],
) -> SaleRefund:  # fmt: skip
    """The refund with its goods on the shelf, its money given back and the books told."""
    add(refund)
    receive(refund, lines, location_id, lots)
    refund.lines = lines
    refund.tenders = [SaleRefundTender(position=0, kind=tender, amount=refund.total)] if refund.total else []
    session().flush()
    enter(refund)
    return refund


def _refund(lines: Sequence[SaleRefundLine], moment: datetime, reason: str, branch_id: int | None) -> SaleRefund:
    acting = current()
    net, tax = (sum((getattr(line, name) for line in lines), NOTHING) for name in ("net", "tax"))
    return SaleRefund(
        refunded_at=moment,
        refunded_on=day_of(moment, branch_id),
        reason=reason,
        employee=acting.name,
        employee_id=acting.member_id,
        branch_id=branch_id,
        subtotal=net,
        tax=tax,
        total=net + tax,
        tax_totals=_added(lines),
    )


def _line(
    place: int, sold: SaleLine | None, quantity: Decimal, before: Mapping[int, Decimal], currency: str
) -> SaleRefundLine:
    """Its part of a sold line; the parts of refunds made one after another add up to the line to the last cent."""
    if sold is None:
        raise Invalid(fields={"lines": _("Only lines of the sale can be taken back.")})
    taken = before.get(sold.id, NOTHING)
    if quantity <= 0 or taken + quantity > sold.quantity:
        left = i18n.format_number(sold.quantity - taken)
        said = _("Only %(left)s of “%(line)s” is left to take back.", left=left, line=sold.description)
        raise Invalid(fields={"lines": said})

    def part(of: Decimal) -> Decimal:
        return money.portion(of, taken, taken + quantity, sold.quantity, currency)

    taxes = [{**each, "base": f"{part(Decimal(each['base'])):f}", "amount": f"{part(Decimal(each['amount'])):f}"}
             for each in sold.taxes]  # fmt: skip
    net, tax = part(sold.net), sum((Decimal(each["amount"]) for each in taxes), NOTHING)
    return SaleRefundLine(
        position=place, sale_line_id=sold.id, product=sold.product, description=sold.description,
        quantity=quantity, uom=sold.uom, unit_price=sold.unit_price, tax_category=sold.tax_category,
        net=net, tax=tax, total=net + tax, cost=NOTHING, taxes=taxes,
    )  # fmt: skip


def _added(lines: Sequence[SaleRefundLine]) -> list[dict[str, Any]]:
    """The taxes of all lines, each once."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for each in (each for line in lines for each in line.taxes):
        known = found.setdefault((each["name"], each["rate"]), {**each, "base": "0", "amount": "0"})
        known["base"] = f"{Decimal(known['base']) + Decimal(each['base']):f}"
        known["amount"] = f"{Decimal(known['amount']) + Decimal(each['amount']):f}"
    return list(found.values())
