"""What must be true of expenses and petty cash."""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa

from erp import check, session
from plugins.accounting.api import keeps_books, kept_since, posted_sums
from plugins.expenses.models import ExpenseClaim, PettyCashFloat
from plugins.expenses.posting import CLAIMED, in_box


@check
def claims_are_posted() -> Iterator[str]:
    """Every claim that is posted moved its total, once."""
    since = kept_since()
    if since is None:
        return
    sums = posted_sums(ExpenseClaim.__tablename__, {CLAIMED})
    moved = sa.func.coalesce(sums.c.moved, 0)
    statement = (
        sa.select(ExpenseClaim.number, ExpenseClaim.total, moved)
        .outerjoin(sums, sums.c.source_id == ExpenseClaim.id)
        .where(ExpenseClaim.posted_on.is_not(None), ExpenseClaim.created_at >= since, moved != ExpenseClaim.total)
        .order_by(ExpenseClaim.id)
    )
    for number, total, booked in session().execute(statement):
        yield f"{number}: {total:f} was claimed, the books say {booked:f}"


@check
def boxes_hold_what_they_may() -> Iterator[str]:
    """No box of petty cash holds less than nothing or more than it is kept at."""
    if not keeps_books():
        return
    for box in session().scalars(sa.select(PettyCashFloat).order_by(PettyCashFloat.id)):
        held = in_box(box)
        if not 0 <= held <= box.limit:
            yield f"{box.name}: {held:f} lies in it, it is kept at {box.limit:f}"
