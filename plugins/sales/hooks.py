from __future__ import annotations

from collections.abc import Sequence

from erp import _l
from plugins.accounting.api import Amount, Event, postable
from plugins.sales.history.stocking import OPENING_STOCK
from plugins.sales.ledger import SALE_MADE, SALE_REFUNDED

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
