"""What a member reads of their notifications: how many are new, a page of them, and marking them read."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from erp import clock, context
from erp.data.base import repeated, session
from erp.errors import NotFound
from erp.notifications.kinds import known
from erp.notifications.models import Notification

PAGE = 50
COUNTED = 100
"""Counting stops here: the bell says `99+`."""


def _mine(*more: Any) -> tuple[Any, ...]:
    return (Notification.member_id == context.current().member_id, Notification.is_shown, *more)


def unread() -> sa.ScalarSelect[int]:
    """How many the acting member has not read, at most COUNTED; a part of a larger statement."""
    inner = sa.select(Notification.id).where(*_mine(Notification.read_at.is_(None))).limit(COUNTED).subquery()
    return sa.select(sa.func.count(inner.c.id)).scalar_subquery()


def count() -> int:
    """The same number alone."""
    return session().scalar(sa.select(unread())) or 0


def page(*, only_unread: bool = False, before: int | None = None, size: int = PAGE) -> tuple[list[Notification], int]:
    """A page, the newest first, and the id the next one is asked with (0 on the last); kinds that are gone stay out."""
    statement = sa.select(Notification).where(*_mine(Notification.kind.in_(list(known()))))
    if only_unread:
        statement = statement.where(Notification.read_at.is_(None))
    if before is not None:
        statement = statement.where(Notification.id < before)
    found = list(session().scalars(statement.order_by(Notification.id.desc()).limit(size + 1)))
    return found[:size], found[size - 1].id if len(found) > size else 0


@repeated
def mark_read(notification_id: int) -> Notification:
    """Note that the acting member has read one; raises NotFound when it is not theirs."""
    found = session().scalar(sa.select(Notification).where(*_mine(Notification.id == notification_id)))
    if found is None:
        raise NotFound
    found.read_at = found.read_at or clock.now()
    return found


@repeated
def mark_all_read() -> None:
    """Note that the acting member has read all."""
    session().execute(
        sa.update(Notification)
        .where(*_mine(Notification.read_at.is_(None)))
        .values(read_at=clock.now())
        .execution_options(synchronize_session=False)
    )
