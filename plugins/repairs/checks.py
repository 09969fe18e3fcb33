"""What must be true of repairs and the books."""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa

from erp import arrivals, check, session
from plugins.accounting.api import kept_since, posted_sums
from plugins.repairs.booking import EVENT
from plugins.repairs.models import RepairOrder


@check
def repairs_are_posted() -> Iterator[str]:
    """Every repair handed over since books are kept stands in the receivables with what it came to."""
    since = kept_since()
    if since is None:
        return
    posted = posted_sums(RepairOrder.__tablename__, [EVENT])
    order = RepairOrder
    statement = (
        sa.select(order.id, order.number, order.total, order.collected_at, posted.c.owed)
        .outerjoin(posted, posted.c.source_id == order.id)
        .where(order.collected_at.is_not(None), order.total != sa.func.coalesce(posted.c.owed, 0))
        .order_by(order.id)
    )
    rows = session().execute(statement).all()
    history = arrivals.arrived(order.__tablename__, [row.id for row in rows if row.owed is None])
    for row in rows:
        if row.owed is not None or (row.collected_at > since and row.id not in history):
            yield f"{row.number}: {row.total} charged, {row.owed or 0} in the books"
