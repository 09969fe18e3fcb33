"""Selling and taking back, each one transaction: document, number, stock and money, or nothing of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from erp import Invalid, _, add, clock, company, current, day_of, i18n, money, session, transaction, whole
from plugins.parties.models import Party
from plugins.sales.checkout import NOTHING, Basket, Tender, Wanted, basket, is_cash, owes, settled
from plugins.sales.models import Sale, SaleLine, SaleRefund, SaleRefundLine, SaleRefundTender, SaleTender
from plugins.sales.moving import enter, issue, receive
from plugins.taxes.api import told

__all__ = ["Basket", "Tender", "Wanted", "basket", "check_out", "refunds_of", "returned", "take_back"]


def check_out(
    wanted: Sequence[Wanted],
    tenders: Sequence[Tender],
    *,
    customer: Party | None = None,
    channel: str = "counter",
    discount: Decimal = NOTHING,
    at: datetime | None = None,
    place_id: int | None = None,
    judge: Callable[[Basket], None] | None = None,
) -> Sale:
    """Sell: priced, numbered, paid, taken from the shelf and posted in one transaction; rights are the caller's.

    Goods leave the branch's shelf unless another place is named; `judge` may refuse what was priced. Raises Invalid at
    the line or tender that is wrong, Conflict where goods are missing or the day is locked.
    """
    with transaction():
        moment, own = at or clock.now(), company().currency
        if customer is None and owes(tenders):
            raise Invalid(fields={"customer": _("Choose who buys on account.")})
        on = day_of(moment, current().branch_id)
        found = basket(wanted, own, on, cash=is_cash(tenders), discount=discount)
        if judge is not None:
            judge(found)
        paid = settled(tenders, found.sums.payable, own)
        sale = _sale(found, customer, moment, channel)
        add(sale)
        lines = found.lines()
        issue(sale, lines, place_id)
        sale.lines = lines
        sale.tenders = [SaleTender(position=place, **each) for place, each in enumerate(paid)]
        session().flush()
        enter(sale)
        return sale


def _sale(found: Basket, customer: Party | None, moment: datetime, channel: str) -> Sale:
    acting, sums = current(), found.sums
    return Sale(
        sold_at=moment,
        sold_on=day_of(moment, acting.branch_id),
        customer=customer,
        country=(customer.country or "") if customer is not None else "",
        channel=channel,
        employee=acting.name,
        employee_id=acting.member_id,
        subtotal=sums.net,
        tax=sums.tax,
        total=sums.total,
        rounding=sums.rounding,
        tax_totals=told(sums.taxes),
    )


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
    sale: Sale, quantities: Mapping[int, Decimal], tender: str, *, reason: str = "returned", at: datetime | None = None
) -> SaleRefund:
    """Take back so much of each line of a sale and give its part of the price back; rights are the caller's.

    Never more than is left of a line, whoever asks at the same moment: Invalid at `lines` says how much that is.
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
        refund = _refund(sale, lines, moment, reason)
        add(refund)
        receive(refund, lines)
        refund.lines = lines
        refund.tenders = [SaleRefundTender(position=0, kind=tender, amount=refund.total)] if refund.total else []
        session().flush()
        enter(refund)
        return refund


def _refund(sale: Sale, lines: Sequence[SaleRefundLine], moment: datetime, reason: str) -> SaleRefund:
    acting = current()
    net, tax = (sum((getattr(line, name) for line in lines), NOTHING) for name in ("net", "tax"))
    return SaleRefund(
        sale=sale,
        refunded_at=moment,
        refunded_on=day_of(moment, sale.branch_id),
        customer=sale.customer,
        country=sale.country,
        channel=sale.channel,
        reason=reason,
        employee=acting.name,
        employee_id=acting.member_id,
        currency=sale.currency,
        company_id=sale.company_id,
        branch_id=sale.branch_id,
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
