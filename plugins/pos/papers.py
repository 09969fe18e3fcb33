"""The receipt of a till's sale again: freely right after it was made, later only where somebody allows it."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from erp import _, clock, repeated
from plugins.pos import allowing, desk
from plugins.pos.allowing import Need
from plugins.pos.returning import of_number
from plugins.sales.models import Sale

FRESH = timedelta(minutes=10)
"""So long a receipt is printed without asking: the paper ran out, the customer wants one after all."""


@repeated
def printed(cookie: str, code: str, token: str) -> tuple[Sale, bool]:
    """The sale, and whether its paper is a copy; raises NotFound, or OverrideNeeded for a copy nobody allowed."""
    here, sale = desk.at(cookie), of_number(code)
    if clock.now() - sale.sold_at <= FRESH:
        return sale, False
    needs = [Need("reprint", "number", _("Receipt %(number)s again", number=sale.number), Decimal(0))]
    allowing.use(needs, allowing.allowed(needs, [token], here), sale_id=sale.id)
    return sale, True
