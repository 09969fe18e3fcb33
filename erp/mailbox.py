"""The mailbox: mail kept where no mail server is set, one row for each Message-ID, as a server would hold it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.orm import Mapped, mapped_column

from erp import clock, context
from erp import mail as mails
from erp.access import can
from erp.config import settings
from erp.data import files
from erp.data.base import session, transaction
from erp.data.tenancy import TenantScoped
from erp.errors import NotFound
from erp.mail import Attachment, Mail, message_id_for

PERMISSION = "mailbox"
"""Who may `list` this may read what customers were sent."""
INSTALLATION = "installation"
PAGE = 50


class MailMessage(TenantScoped):
    """A mail that would have gone out."""

    __tablename__ = "mail_message"
    __table_args__ = (sa.UniqueConstraint("tenant_id", "message_id"),)
    message_id: Mapped[str] = mapped_column(sa.String(250))
    sender: Mapped[str] = mapped_column(sa.String(250))
    to: Mapped[str] = mapped_column(sa.String(250))
    subject: Mapped[str] = mapped_column(sa.String(400))
    text: Mapped[str] = mapped_column(sa.Text())
    html: Mapped[str] = mapped_column(sa.Text(), default="")
    attachments: Mapped[list[dict[str, str | int]]] = mapped_column(JSONB, default=list)
    """{"name", "sha256", "size", "media_type"} of each; the bytes are in the file store."""
    about: Mapped[str] = mapped_column(sa.String(60), default="")
    """Number of the document it speaks of."""
    at: Mapped[datetime] = mapped_column(sa.DateTime(timezone=True), default=lambda: clock.now())
    is_private: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    """Whether it opens somebody's account: only who runs the installation may read it."""


def deliver(mail: Mail, key: str, *, about: str = "", is_private: bool = False) -> dict[str, Any]:
    """Hand the mail to the server, or keep it here where there is none; the same key is always the same Message-ID.

    Raises MailRefused (final) or MailUnavailable (try again). `about` is the document's number, for the page.
    """
    known = settings()
    mail = replace(mail, message_id=mail.message_id or message_id_for(key, known))
    told = mails.deliver(mail, known)
    if told["delivered"] == "mailbox":
        keep(mail, about=about, is_private=is_private)
    return told


def keep(mail: Mail, *, about: str = "", is_private: bool = False) -> bool:
    """Put a mail into the acting tenant's mailbox; False when one with its Message-ID is there already."""
    tenant_id = context.current().tenant_id
    if tenant_id is None:
        raise NotFound
    kept = [
        {
            "name": each.name,
            "sha256": files.keep(tenant_id, each.content),
            "size": len(each.content),
            "media_type": each.media_type,
        }
        for each in (Attachment(*given) for given in mail.attachments)
    ]
    statement = (
        insert(MailMessage)
        .values(
            tenant_id=tenant_id,
            message_id=mail.message_id[:250],
            sender=settings().mail_from[:250],
            to=mail.to[:250],
            subject=mail.subject[:400],
            text=mail.text,
            html=mail.html,
            attachments=kept,
            about=about[:60],
            is_private=is_private,
            at=clock.now(),
        )
        .on_conflict_do_nothing(index_elements=["tenant_id", "message_id"])
        .returning(MailMessage.id)
    )
    with transaction():
        return session().scalar(statement) is not None


def _readable() -> sa.ColumnElement[bool]:
    """What opens somebody's account is shown to nobody but who runs the installation, and has no mail server."""
    return sa.true() if can("list", INSTALLATION) else MailMessage.is_private.is_(sa.false())


def page(before: int | None = None) -> tuple[list[MailMessage], int | None]:
    """A page of mails, the newest first, and the id the next page is asked with."""
    statement = sa.select(MailMessage).where(_readable()).order_by(MailMessage.id.desc()).limit(PAGE + 1)
    if before is not None:
        statement = statement.where(MailMessage.id < before)
    found = list(session().scalars(statement))
    return found[:PAGE], found[PAGE - 1].id if len(found) > PAGE else None


def get(mail_id: int) -> MailMessage:
    """One mail; raises NotFound."""
    found = session().scalar(sa.select(MailMessage).where(MailMessage.id == mail_id, _readable()))
    if found is None:
        raise NotFound
    return found
