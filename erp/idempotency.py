"""Requests that may be sent again: the answer is kept under the sender's own key, in the transaction of its effect."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from erp import clock, context
from erp.data.base import repeated, session, settle, system
from erp.data.tenancy import TenantScoped
from erp.errors import Conflict, ErpError
from erp.jobs.marks import every

KEPT = timedelta(hours=24)
"""How long a key stands for the answer it was given."""
LONGEST = 200
"""Characters of the longest key."""


class IdempotencyKey(TenantScoped):
    """What a user, by program or form, was answered under a key of their own."""

    __tablename__ = "idempotency_key"
    __table_args__ = (
        sa.UniqueConstraint("tenant_id", "user_id", "key"),
        sa.Index("idempotency_key_expires", "expires_at"),
    )
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("ab_user.id"))
    key: Mapped[str] = mapped_column(sa.String(LONGEST))
    fingerprint: Mapped[str] = mapped_column(sa.String(64))
    """Of method, address and content: the same key may not stand for another request."""
    status: Mapped[int] = mapped_column(sa.SmallInteger)
    headers: Mapped[dict[str, str]] = mapped_column(JSONB)
    answer: Mapped[str] = mapped_column(sa.Text)
    expires_at: Mapped[datetime] = mapped_column(sa.DateTime(timezone=True))


class KeyInUse(Conflict):
    """A request with this Idempotency-Key is being carried out just now; ask again in a second.

    Send the same again with the same key after the seconds of Retry-After.
    """

    code = "idempotency_key_in_use"

    def __init__(self) -> None:
        super().__init__(detail={"retry_after": 1})


class KeyReused(ErpError):
    """This Idempotency-Key was sent with another request before; use a new key for each request.

    A key stands for one wish: the same method, address and content. Make a new key for another.
    """

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    code = "idempotency_key_reused"

    def __init__(self, given: Answer) -> None:
        super().__init__()
        self.given = given
        """What the other request was answered."""


@dataclass(frozen=True)
class Answer:
    """What a request was answered, as far as it is told again."""

    status: int
    headers: Mapping[str, str]
    body: str
    is_repeat: bool = False
    """Whether it was given before, and nothing was done now."""


@repeated
def once(key: str, fingerprint: str, act: Callable[[], Answer], *, waits: bool = False) -> Answer:
    """The answer of `act`, called at most once a day for a key of the acting user, in a transaction with its effect.

    What `act` raises is kept nowhere: the key may be sent again. Raises KeyReused when the key stood for another
    request, and KeyInUse while another request with this key is carried out, unless it `waits` for that one.
    """
    user_id = context.current().user_id
    assert user_id is not None
    if waits:
        session().execute(sa.select(sa.func.pg_advisory_xact_lock(_lock_number(key))))
    elif not session().scalar(sa.select(sa.func.pg_try_advisory_xact_lock(_lock_number(key)))):
        raise KeyInUse
    known = session().scalar(
        sa.select(IdempotencyKey).where(IdempotencyKey.user_id == user_id, IdempotencyKey.key == key)
    )
    if known is not None and known.expires_at > clock.now():
        given = Answer(known.status, known.headers, known.answer, is_repeat=True)
        if known.fingerprint != fingerprint:
            raise KeyReused(given)
        return given
    answer = act()
    kept = known or IdempotencyKey(user_id=user_id, key=key)
    kept.fingerprint, kept.expires_at = fingerprint, clock.now() + KEPT
    kept.status, kept.headers, kept.answer = answer.status, dict(answer.headers), answer.body
    session().add(kept)
    settle()
    return answer


def _lock_number(key: str) -> int:
    """The number of the advisory lock: PostgreSQL takes 64 bits with a sign."""
    acting = context.current()
    whose = f"{acting.tenant_id} {acting.user_id} {key}"
    return int.from_bytes(hashlib.sha256(whose.encode()).digest()[:8], "big", signed=True)


@every(timedelta(hours=1))
def forget_expired() -> None:
    """Drop the answers whose day is over."""
    over = sa.delete(IdempotencyKey).where(IdempotencyKey.expires_at < clock.now())
    with system() as current:
        current.execute(over.execution_options(synchronize_session=False))
