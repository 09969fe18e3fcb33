from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import sqlalchemy as sa

from erp import BranchFigure, _, _l, branch_figures, can, company, i18n, importing, session, today
from plugins.accounting.api import Amount, Event, postable
from plugins.sales.history import console
from plugins.sales.history.stocking import OPENING_STOCK
from plugins.sales.ledger import SALE_MADE, SALE_REFUNDED
from plugins.sales.models import Sale, SaleRefund

_AMOUNTS = (
    Amount("net", _l("net amount")),
    Amount("tax", _l("tax")),
    Amount("rounding", _l("rounding")),
    Amount("paid", _l("amount of a tender")),
    Amount("on_account", _l("amount on account")),
)


@postable.answer
def sales_post() -> Sequence[Event]:
    """What sales, refunds and the opening of a history post."""
    return (
        Event(SALE_MADE, _l("a sale is made"), _AMOUNTS),
        Event(SALE_REFUNDED, _l("a sale is refunded"), _AMOUNTS),
        Event(OPENING_STOCK, _l("a history opens its stock"), (Amount("cost", _l("cost of the goods")),)),
    )


@branch_figures.answer
def sold_at_branch(branch_id: int) -> Sequence[BranchFigure]:
    """What a branch sold this month, less what came back, beside the others in a report."""
    if not can("list", "sale"):
        return ()
    first = today().replace(day=1)
    sold = sa.select(sa.func.sum(Sale.total)).where(Sale.branch_id == branch_id, Sale.sold_on >= first)
    back = sa.select(sa.func.sum(SaleRefund.total)).where(
        SaleRefund.branch_id == branch_id, SaleRefund.refunded_on >= first
    )
    sums = [session().scalar(each) or Decimal(0) for each in (sold, back)]
    text = i18n.format_money(sums[0] - sums[1], company().currency)
    return (BranchFigure(_("Sold this month"), text, _("Beside other branches"), "/reports/sales_by_branch"),)


@importing.ways.answer
def history_by_console() -> importing.Way:
    """A shop's history comes in by `erp import history` too."""
    return console.way()
