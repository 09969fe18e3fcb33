"""When the branch of a document is open."""

from __future__ import annotations

from datetime import time, timedelta

import sqlalchemy as sa

from erp import clock, context
from erp.data.base import session
from erp.data.organisation import DAYS, Holiday, place_of
from erp.documents.base import Document
from erp.workflow.diagrams.business import Hours

YEARS = timedelta(days=366 * 3)


def of(document: Document) -> Hours:
    """The hours and holidays of a document's branch; without one its company is open on every day but its holidays."""
    place = place_of(document.branch_id)
    today = clock.now().date()
    closed = sa.select(Holiday.on).where(
        Holiday.company_id == document.company_id,
        Holiday.on.between(today - timedelta(days=2), today + YEARS),
        sa.or_(Holiday.branch_id.is_(None), Holiday.branch_id == document.branch_id),
    )
    days = frozenset(session().scalars(closed))
    if place is None:
        return Hours(context.current().timezone, {}, days)
    week = {
        DAYS.index(day): (time.fromisoformat(opens), _until(closes))
        for day, (opens, closes) in place.hours.items()
        if opens < closes
    }
    return Hours(place.timezone, week, days)


def _until(closes: str) -> time:
    return time(0, 0) if closes >= "24:00" else time.fromisoformat(closes)
