"""What a customer should have paid by now, and which reminder is due."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal

import sqlalchemy as sa

from erp import session, today
from plugins.accounting.api import OpenLine, numbers_of, open_lines
from plugins.dunning.models import ZERO, DunningCase, DunningLevel

PAID, REMIND, WAIT, LAST = "paid", "remind", "wait", "last"


def overdue_lines(party_id: int, on: date) -> list[OpenLine]:
    """What of a customer was due before a day, and what they have too much; nothing where that comes to nothing."""
    found = [line for line in open_lines(party_id) if (line.due_on or line.entry_date) < on or line.amount < 0]
    return found if sum((line.open for line in found), ZERO) > 0 else []


def called(lines: Sequence[OpenLine]) -> Mapping[int, str]:
    """{line: what the customer knows it by}: the number of their invoice, else what the entry says."""
    numbers = numbers_of([line.id for line in lines])
    return {line.id: numbers.get(line.id) or line.text or line.number for line in lines}


def look(case: DunningCase) -> str:
    """Whether it is paid, a reminder is due now or later, or the last one was in vain; keeps what is overdue."""
    case.owed = sum((line.open for line in overdue_lines(case.customer.id, today())), ZERO)
    if case.owed <= 0:
        return PAID
    following = level_of(case.level + 1)
    waited = case.reminded_on is None or case.reminded_on + timedelta(days=_days(case, following)) <= today()
    if not waited:
        return WAIT
    return LAST if following is None else REMIND


def _days(case: DunningCase, following: DunningLevel | None) -> int:
    level = following or level_of(case.level)
    return 7 if level is None else level.days


def level_of(number: int) -> DunningLevel | None:
    """The first reminder from a level on; None after the last."""
    above = sa.select(DunningLevel).where(DunningLevel.level >= number)
    return session().scalar(above.order_by(DunningLevel.level, DunningLevel.id).limit(1))


def late_customers(on: date) -> Mapping[int, Decimal]:
    """What customers owe that was due so long ago that the first reminder is due."""
    first = level_of(1)
    if first is None:
        return {}
    item = sa.func.ledger_open_items("receivable", on).table_valued(
        sa.column("party_id", sa.BigInteger), sa.column("due_on", sa.Date), sa.column("open", sa.Numeric)
    )
    due = sa.or_(item.c.open < 0, item.c.due_on <= on - timedelta(days=first.days))
    total = sa.func.sum(item.c.open)
    late = sa.func.count().filter(item.c.open > 0)
    statement = sa.select(item.c.party_id, total).where(item.c.party_id.is_not(None), due).group_by(item.c.party_id)
    return {
        row[0]: row[1] for row in session().execute(statement.having(total > 0, late > 0).order_by(item.c.party_id))
    }
