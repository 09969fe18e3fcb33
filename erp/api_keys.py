"""API keys of members: only a hash is kept, a key acts in one tenant, expires and can be revoked."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from erp import clock, context
from erp.access import EVERYTHING, Scope
from erp.data import audit
from erp.data.base import session, system
from erp.data.tenancy import TenantScoped, key_to
from erp.errors import NotFound

SUBJECT = "tenant_member"
"""Under which history keeps what becomes of a member's keys."""
PREFIX = "mrk_"
"""Begins every key, so that scanners of leaked secrets know one."""
REMEMBERED = timedelta(minutes=1)
"""The moment of last use is written once in this time at most."""


class ApiKey(TenantScoped):
    """A key a member made for a program that acts in their name."""

    __tablename__ = "api_key"
    __table_args__ = (key_to("tenant_member", "member_id"),)
    member_id: Mapped[int] = mapped_column(sa.BigInteger, index=True)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("ab_user.id"))
    name: Mapped[str] = mapped_column(sa.String(100))
    token_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    hint: Mapped[str] = mapped_column(sa.String(12), default="")
    """The key's last characters, to tell keys apart."""
    created_at: Mapped[datetime] = mapped_column(sa.DateTime(timezone=True), default=lambda: clock.now())
    expires_at: Mapped[datetime] = mapped_column(sa.DateTime(timezone=True))
    revoked_at: Mapped[datetime | None] = mapped_column(sa.DateTime(timezone=True))
    last_used_at: Mapped[datetime | None] = mapped_column(sa.DateTime(timezone=True))
    is_read_only: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    types: Mapped[list[str] | None] = mapped_column(JSONB)
    """The document types it is for; None for everything its member may."""

    @property
    def scope(self) -> Scope:
        """What of its member's rights it carries."""
        return Scope(self.is_read_only, None if self.types is None else frozenset(self.types))


@dataclass(frozen=True)
class Holder:
    """Whom a key belongs to."""

    user_id: int
    tenant_id: int
    key_id: int
    scope: Scope


def _hash(token: str) -> str:
    """A plain hash is enough: 32 random bytes cannot be guessed, however fast the hash."""
    return hashlib.sha256(token.encode()).hexdigest()


def issue(name: str, *, days: int = 365, scope: Scope = EVERYTHING) -> str:
    """Make a key for the acting member; the returned text is shown once and kept nowhere."""
    acting = context.current()
    if acting.member_id is None or acting.user_id is None:
        raise NotFound
    token = PREFIX + secrets.token_urlsafe(32)
    now = clock.now()
    session().add(
        ApiKey(
            member_id=acting.member_id,
            user_id=acting.user_id,
            name=name[:100],
            token_hash=_hash(token),
            hint=token[-4:],
            created_at=now,
            expires_at=now + timedelta(days=days),
            is_read_only=scope.is_read_only,
            types=None if scope.types is None else sorted(scope.types),
        )
    )
    session().flush()
    audit.note("key_made", SUBJECT, acting.member_id, item=name)
    return token


def own() -> list[ApiKey]:
    """The acting member's keys, the newest first."""
    mine = ApiKey.member_id == context.current().member_id
    return list(session().scalars(sa.select(ApiKey).where(mine).order_by(ApiKey.id.desc())))


def revoke(key_id: int) -> None:
    """End one of the acting member's own keys; raises NotFound."""
    found = session().get(ApiKey, key_id)
    if found is None or found.member_id != context.current().member_id:
        raise NotFound
    if found.revoked_at is None:
        found.revoked_at = clock.now()
        audit.note("key_revoked", SUBJECT, found.member_id, item=found.name)


def holder(token: str) -> Holder | None:
    """Whom a key belongs to; None when unknown, expired or revoked."""
    now = clock.now()
    with system() as current:
        found = current.scalar(sa.select(ApiKey).where(ApiKey.token_hash == _hash(token)))
        if found is None or found.revoked_at is not None or found.expires_at < now:
            return None
        if found.last_used_at is None or found.last_used_at < now - REMEMBERED:
            current.execute(sa.update(ApiKey).where(ApiKey.id == found.id).values(last_used_at=now))
        return Holder(found.user_id, found.tenant_id, found.id, found.scope)
