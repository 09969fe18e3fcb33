"""Links sent to customers: unguessable, for one purpose and one content, expiring, revocable and logged."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from erp import clock
from erp.data.base import session, system
from erp.data.tenancy import TenantScoped
from erp.errors import NotFound
from erp.i18n import _l


class LinkGone(NotFound):
    """This link has expired or was replaced by a newer one.

    Ask whoever sent it for a new one.
    """

    code = "link_gone"


class SignedLink(TenantScoped):
    """Only the token's hash is kept: a stolen dump opens nothing."""

    __tablename__ = "signed_link"
    __table_args__ = (sa.Index("signed_link_subject", "tenant_id", "subject", "subject_id"),)
    token_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    purpose: Mapped[str] = mapped_column(sa.String(60))
    subject: Mapped[str] = mapped_column(sa.String(60))
    subject_id: Mapped[int] = mapped_column(sa.BigInteger)
    holder: Mapped[str] = mapped_column(sa.String(200))
    language: Mapped[str] = mapped_column(sa.String(5), default="en")
    content_hash: Mapped[str] = mapped_column(sa.String(64), default="")
    scope: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    expires_at: Mapped[datetime] = mapped_column(sa.DateTime(timezone=True))
    revoked_at: Mapped[datetime | None] = mapped_column(sa.DateTime(timezone=True))


@dataclass(frozen=True)
class Grant:
    """What an opened link allows."""

    id: int
    tenant_id: int
    purpose: str
    subject: str
    subject_id: int
    holder: str
    language: str
    content_hash: str
    scope: dict[str, Any]
    expires_at: datetime


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def token_for(secret: str, *parts: object) -> str:
    """A token that is the same for the same step, so that a repeated job sends the same link."""
    text = "\x1f".join(str(part) for part in parts)
    return hashlib.blake2b(text.encode(), key=secret.encode()[:64], digest_size=24).hexdigest()


def issue(link: SignedLink, *, token: str = "", days: int = 14) -> str:
    """Store a link, revoking older ones of its purpose and subject; returns the token, which is kept nowhere."""
    token = token or secrets.token_urlsafe(24)
    now = clock.now()
    session().execute(
        sa.update(SignedLink)
        .where(
            SignedLink.purpose == link.purpose,
            SignedLink.subject == link.subject,
            SignedLink.subject_id == link.subject_id,
            SignedLink.revoked_at.is_(None),
        )
        .values(revoked_at=now)
    )
    link.token_hash, link.expires_at = _hash(token), now + timedelta(days=days)
    session().add(link)
    session().flush()
    return token


def is_issued(token: str) -> bool:
    """Whether a link with this token is there already, as when the job that sends it is repeated."""
    return session().scalar(sa.select(SignedLink.id).where(SignedLink.token_hash == _hash(token))) is not None


def revoke(purpose: str, subject: str, subject_id: int) -> None:
    """Close every link on a document whose purpose begins so."""
    session().execute(
        sa.update(SignedLink)
        .where(
            SignedLink.subject == subject,
            SignedLink.subject_id == subject_id,
            SignedLink.purpose.startswith(purpose, autoescape=True),
            SignedLink.revoked_at.is_(None),
        )
        .values(revoked_at=clock.now())
        .execution_options(synchronize_session=False)
    )


def open_link(token: str) -> Grant:
    """What the token allows; raises LinkGone when unknown, expired or revoked. Changes nothing."""
    with system() as current:
        found = current.scalar(sa.select(SignedLink).where(SignedLink.token_hash == _hash(token)))
        if found is not None and found.revoked_at is not None:
            raise LinkGone(_l("What this link showed was replaced by something newer: use our latest message."))
        if found is None or found.expires_at < clock.now():
            raise LinkGone(_l("This link has expired or was replaced by a newer one. Ask us for a new one."))
        return Grant(
            found.id, found.tenant_id, found.purpose, found.subject, found.subject_id, found.holder, found.language,
            found.content_hash, found.scope, found.expires_at,
        )  # fmt: skip
