"""Tell a member something: once, as they wish, and only of what they may see."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from erp import access, clock, context
from erp.access import Member
from erp.context import Context
from erp.data.base import session
from erp.documents.types import declared
from erp.jobs import outbox
from erp.jobs.models import Job
from erp.notifications import wishes
from erp.notifications.kinds import BOTH, MAIL, NONE, known
from erp.notifications.models import NONE as NO_MAIL
from erp.notifications.models import WAITING, Notification

MAIL_JOB = "notifications.mail"
SOURCE = "notice"
"""Way in of who is only asked what they may see: no trusted one, so that every right is looked up."""
Subject = tuple[str, int]
"""(document type, id)"""


@contextmanager
def acting_as(member_id: int) -> Iterator[Context | None]:
    """Act as a colleague of the acting tenant, then as before; None when they do not belong to it any more."""
    before = context.current()
    member = session().get(Member, member_id)
    acting = access.seen_as(member.user_id, source=SOURCE) if member is not None else None
    if acting is not None:
        context.enter(acting)
    try:
        yield acting
    finally:
        context.enter(before)


def is_visible(subject: Subject) -> bool:
    """Whether the acting member may see this document."""
    kind = declared().get(subject[0])
    if kind is None or not access.can("show", kind.name):
        return False
    return session().scalar(sa.select(kind.cls.id).where(kind.cls.id == subject[1])) is not None


def may_see(member_id: int, subject: Subject) -> bool:
    """Whether a colleague may see a document, by their roles as they are now."""
    with acting_as(member_id) as acting:
        return acting is not None and is_visible(subject)


def notify(
    member_id: int, kind: str, *, subject: Subject | None = None, url: str = "", key: str = "", **values: Any
) -> int | None:
    """Tell a member something at the end of this transaction; the notification's id, None when they are not told.

    Nobody is told what they did themselves, what they may not see, do not wish to hear, or have heard under this key.
    """
    told = known()[kind]
    if member_id == context.current().member_id and not told.to_oneself:
        return None
    with acting_as(member_id) as acting:
        if acting is None or (subject is not None and not is_visible(subject)):
            return None
        wish = wishes.of(member_id)
        way = wish.way(told)
        mailed = way in {MAIL, BOTH}
        due = wish.mail_due(clock.now(), acting.timezone) if mailed else None
    if way == NONE:
        return None
    found = _insert(
        member_id=member_id,
        kind=kind,
        subject=subject[0] if subject else "",
        subject_id=subject[1] if subject else None,
        url=url or (f"/{subject[0]}/{subject[1]}" if subject else "/notifications/"),
        values={name: str(value)[:300] for name, value in values.items()},
        key=key,
        is_shown=way != MAIL,
        mail=WAITING if mailed else NO_MAIL,
        mail_due_at=due,
    )
    if found is not None and due is not None:
        outbox.put(Job(kind=MAIL_JOB, key=f"{MAIL_JOB}:{found}", due_at=due, request={"member": member_id}))
    return found


def _insert(*, key: str, **values: Any) -> int | None:
    """The row, unless there is one under its key; an empty key is always new."""
    row = {**values, "key": key or _new_key(), "at": clock.now()}
    statement = insert(Notification).values(tenant_id=context.current().tenant_id, **row)
    known_already = statement.on_conflict_do_nothing(index_elements=["tenant_id", "member_id", "key"])
    return session().scalar(known_already.returning(Notification.id))


def _new_key() -> sa.ColumnElement[str]:
    """A key nothing else has."""
    return sa.cast(sa.func.gen_random_uuid(), sa.String)


def settle_at(url: str) -> None:
    """Nobody need read what led to an address where nothing is to be done any more."""
    _settle(Notification.url == url)


def settle(keys: Collection[str]) -> None:
    """Nobody need read what was told under these keys any more; a mail that waits goes out all the same."""
    if keys:
        _settle(Notification.key.in_(keys))


def _settle(which: sa.ColumnElement[bool]) -> None:
    told = sa.update(Notification).where(which, Notification.read_at.is_(None))
    session().execute(told.values(read_at=clock.now()), execution_options={"synchronize_session": False})
