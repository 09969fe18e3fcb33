"""What must be true of invoices and the books."""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa

from erp import arrivals, check, day_of, session
from plugins.accounting.api import kept_since, posted_sums
from plugins.invoices.models import CreditNote, Invoice
from plugins.invoices.posting import CREDITED_EVENT, ISSUED_EVENT


@check
def invoices_are_posted() -> Iterator[str]:
    """Every invoice issued since books are kept stands in the receivables with its total, every credit note against."""
    yield from _compared(Invoice, ISSUED_EVENT, 1)
    yield from _compared(CreditNote, CREDITED_EVENT, -1)


def _compared(cls: type[Invoice | CreditNote], event: str, sign: int) -> Iterator[str]:
    since = kept_since()
    if since is None:
        return
    posted = posted_sums(cls.__tablename__, [event])
    statement = (
        sa.select(cls.id, cls.number, cls.total, cls.issued_on, cls.created_at, posted.c.owed)
        .outerjoin(posted, posted.c.source_id == cls.id)
        .where(cls.issued_on.is_not(None), cls.total * sign != sa.func.coalesce(posted.c.owed, 0))
        .order_by(cls.id)
    )
    rows = session().execute(statement).all()
    history = arrivals.arrived(cls.__tablename__, [row.id for row in rows if row.owed is None])
    for row in rows:
        before = row.created_at <= since and row.issued_on <= day_of(since, None)
        if row.owed is not None or not (before or row.id in history):
            yield f"{row.number}: {row.total * sign} on paper, {row.owed or 0} in the books"
