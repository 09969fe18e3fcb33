"""Sessions of people and programs: a row begins with signing in, and nothing opens once it has ended or expired.

A browser's cookie carries an unguessable token, a program's refresh token an unguessable name; only hashes are kept.
Rows are written as the platform: they belong to a person, who may work in several companies.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from erp import clock, config, context
from erp.data import audit
from erp.data.audit import AuditEntry
from erp.data.base import SystemSession, session, system
from erp.data.tenancy import CHECKED, TenantScoped
from erp.errors import NotFound

BROWSER, PROGRAM = "browser", "program"
SEEN = timedelta(minutes=1)
"""The moment a session was last seen is written once in this time at most."""
REFRESH = timedelta(days=7)
"""How long a program may wait before it renews its tokens."""
SUBJECT = "user_session"
SIGNED_IN, SIGNED_OUT, ENDED, REUSED = "signed_in", "signed_out", "session_ended", "token_reused"
"""Kinds of audit entries."""


class UserSession(TenantScoped):
    """Somebody signed in, with a browser or a program; its tenant is the one they work in."""

    __tablename__ = SUBJECT
    __table_args__ = (
        sa.Index("user_session_user", "user_id", "begun_at"),
        sa.Index("user_session_live", "tenant_id", "expires_at", postgresql_where=sa.text("ended_at is null")),
    )
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("ab_user.id"))
    kind: Mapped[str] = mapped_column(sa.String(10))
    token_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    """Of the cookie's token, or of the one refresh token that may be used next."""
    device: Mapped[str] = mapped_column(sa.String(100))
    """In words: "Firefox, Windows"."""
    address: Mapped[str] = mapped_column(sa.String(45))
    """Where it was last seen."""
    begun_at: Mapped[datetime] = mapped_column(sa.DateTime(timezone=True))
    last_seen_at: Mapped[datetime] = mapped_column(sa.DateTime(timezone=True))
    expires_at: Mapped[datetime] = mapped_column(sa.DateTime(timezone=True))
    ended_at: Mapped[datetime | None] = mapped_column(sa.DateTime(timezone=True))


@dataclass(frozen=True)
class Proof:
    """What a request shows of its session: a cookie's token, or the id a signed token names."""

    token: str = ""
    session_id: int = 0


@dataclass(frozen=True)
class Begun:
    """A new session and the token that opens it; the token is kept nowhere."""

    id: int
    token: str


def _hash(token: str) -> str:
    """A plain hash is enough: 32 random bytes cannot be guessed, however fast the hash."""
    return hashlib.sha256(token.encode()).hexdigest()


def _until(kind: str, begun: datetime, seen: datetime) -> datetime:
    """When it is over unless it is seen again."""
    chosen = config.settings()
    idle = timedelta(hours=chosen.session_idle_hours) if kind == BROWSER else REFRESH
    return min(seen + idle, begun + timedelta(days=chosen.session_days))


def is_open(user_id: Any, *, by_token: bool) -> sa.ColumnElement[bool]:
    """Of a statement that joins the table: the session a request shows is this person's and still open.

    What is shown are values of the statement, from `shown`.
    """
    row = UserSession.__table__.c
    known = row.token_hash == sa.bindparam("token_hash") if by_token else row.id == sa.bindparam("shown_id")
    return sa.and_(known, row.user_id == user_id, row.ended_at.is_(None), row.expires_at > sa.bindparam("now"))


def shown(proof: Proof) -> dict[str, Any]:
    """The values of a statement with `is_open`."""
    known = {"token_hash": _hash(proof.token)} if proof.token else {"shown_id": proof.session_id}
    return {**known, "now": clock.now()}


def _is_live() -> sa.ColumnElement[bool]:
    row = UserSession.__table__.c
    return sa.and_(row.ended_at.is_(None), row.expires_at > clock.now())


def begin(kind: str, device: str) -> Begun:
    """A session of the acting person in the tenant they act in, who has just signed in."""
    acting, now, token = context.current(), clock.now(), secrets.token_urlsafe(32)
    row = {
        "tenant_id": acting.tenant_id, "user_id": acting.user_id, "kind": kind, "token_hash": _hash(token),
        "device": device[:100], "address": acting.address[:45], "begun_at": now, "last_seen_at": now,
        "expires_at": _until(kind, now, now),
    }  # fmt: skip
    with system() as current:
        made = current.scalars(sa.insert(UserSession).returning(UserSession), row).one()
        context.enter(replace(acting, session_id=made.id))
        _audit(current, SIGNED_IN, [made])
    return Begun(made.id, token)


def seen(session_id: int, kind: str, begun: datetime, last: datetime) -> None:
    """Keep that the session was used just now, once a minute at most."""
    now = clock.now()
    if now - last < SEEN:
        return
    values: dict[str, Any] = {"last_seen_at": now, "expires_at": _until(kind, begun, now)}
    if context.current().address:
        values["address"] = context.current().address[:45]
    with system() as current:
        current.execute(_update(UserSession.id == session_id, UserSession.last_seen_at <= now - SEEN, **values))


def move(session_id: int, tenant_id: int) -> None:
    """The person goes on in another company of theirs."""
    with system() as current:
        current.execute(_update(UserSession.id == session_id, tenant_id=tenant_id))


def renew(session_id: int, token: str) -> str | None:
    """The next refresh token's name in place of the one that was shown; None when the session is over.

    One that was used before is in two hands: it ends the session.
    """
    following, now = secrets.token_urlsafe(32), clock.now()
    kept = sa.select(UserSession).where(UserSession.id == session_id).with_for_update()
    with system() as current:
        row = current.scalar(kept)
        if row is None or row.ended_at is not None or row.expires_at <= now:
            return None
        if row.token_hash == _hash(token):
            until = _until(row.kind, row.begun_at, now)
            values = {"token_hash": _hash(following), "last_seen_at": now, "expires_at": until}
            current.execute(_update(UserSession.id == session_id, **values))
            return following
        current.execute(_update(UserSession.id == session_id, ended_at=now))
        _audit(current, REUSED, [row])
        return None


def end(session_id: int, *, kind: str = ENDED) -> None:
    """End a session of the acting person, in whatever company; raises NotFound for another's."""
    if not _end(UserSession.id == session_id, UserSession.user_id == context.current().user_id, kind=kind):
        raise NotFound


def end_all(user_id: int, *, but: int | None = None) -> int:
    """End every session of a person but one, at once and in every process; how many there were.

    In a transaction of its own: call it when what is the reason has been committed. The acting session is
    `context.current().session_id`.
    """
    return _end(UserSession.user_id == user_id, UserSession.id != (but or 0), kind=ENDED)


def end_of_member(session_id: int) -> None:
    """End a session in the acting tenant, of whoever; raises NotFound. Called in a transaction."""
    row = session().get(UserSession, session_id)
    if row is None or row.ended_at is not None:
        raise NotFound
    row.ended_at = clock.now()
    audit.note(ENDED, SUBJECT, row.id, item=row.device)


def own() -> list[Any]:
    """The open sessions of the acting person in all their companies, the last used first."""
    row = UserSession.__table__
    statement = sa.select(row).where(row.c.user_id == context.current().user_id, _is_live())
    found = session().connection().execute(
        statement.order_by(row.c.last_seen_at.desc()), execution_options={CHECKED: True}
    )  # fmt: skip
    return list(found)


def in_tenant(limit: int) -> list[UserSession]:
    """The open sessions in the acting tenant, the last used first."""
    statement = sa.select(UserSession).where(_is_live()).order_by(UserSession.last_seen_at.desc()).limit(limit)
    return list(session().scalars(statement))


def forget(before: datetime) -> int:
    """Drop sessions that were over before a moment; how many."""
    over = sa.delete(UserSession).where(sa.func.coalesce(UserSession.ended_at, UserSession.expires_at) < before)
    with system() as current:
        gone: Any = current.execute(over.execution_options(synchronize_session=False))
        return int(gone.rowcount)


def _end(*which: sa.ColumnElement[bool], kind: str) -> int:
    over = _update(UserSession.ended_at.is_(None), *which, ended_at=clock.now())
    with system() as current:
        rows = list(current.scalars(over.returning(UserSession)))
        _audit(current, kind, rows)
    return len(rows)


def _update(*which: sa.ColumnElement[bool], **values: Any) -> Any:
    return sa.update(UserSession).where(*which).values(values).execution_options(synchronize_session=False)


def _audit(current: SystemSession, kind: str, rows: Iterable[UserSession]) -> None:
    """One entry for each in its own tenant; where nobody acts, its person did."""
    who = context.current().user_id
    entries = [
        audit.values(kind, SUBJECT, row.id, tenant_id=row.tenant_id, item=row.device, user_id=who or row.user_id)
        for row in rows
    ]
    if entries:
        current.execute(sa.insert(AuditEntry), entries)
