"""What members were told, and how they wish to be told."""

from __future__ import annotations

from datetime import datetime, time

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from erp import clock
from erp.data.tenancy import TenantScoped, key_to

NONE, WAITING, SENT, DROPPED, FAILED = "", "waiting", "sent", "dropped", "failed"
"""How the mail of a notification stands."""


class Notification(TenantScoped):
    """One thing one member is told; its sentence is made when it is read, in the reader's language."""

    __tablename__ = "notification"
    __table_args__ = (
        key_to("tenant_member", "member_id"),
        sa.UniqueConstraint("tenant_id", "member_id", "key"),
        sa.Index("notification_member", "tenant_id", "member_id", "id"),
        sa.Index(
            "notification_unread", "tenant_id", "member_id", postgresql_where=sa.text("is_shown and read_at is null")
        ),
        sa.Index("notification_address", "tenant_id", "url", postgresql_where=sa.text("read_at is null")),
        sa.Index("notification_mail", "tenant_id", "member_id", postgresql_where=sa.text("mail = 'waiting'")),
    )
    member_id: Mapped[int] = mapped_column(sa.BigInteger)
    kind: Mapped[str] = mapped_column(sa.String(40))
    subject: Mapped[str] = mapped_column(sa.String(60), default="")
    """Type of the document it is about; who may not see that is told nothing."""
    subject_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    url: Mapped[str] = mapped_column(sa.String(300))
    values: Mapped[dict[str, str]] = mapped_column(JSONB, default=dict)
    """What its sentence is filled with; `excerpt` is its second line."""
    key: Mapped[str] = mapped_column(sa.String(120))
    """Nobody is told twice under one key."""
    at: Mapped[datetime] = mapped_column(sa.DateTime(timezone=True), default=lambda: clock.now())
    is_shown: Mapped[bool] = mapped_column(default=True)
    """Whether it appears in the program; some are wished by e-mail alone."""
    read_at: Mapped[datetime | None] = mapped_column(sa.DateTime(timezone=True))
    mail: Mapped[str] = mapped_column(sa.String(10), default=NONE)
    mail_due_at: Mapped[datetime | None] = mapped_column(sa.DateTime(timezone=True))
    mail_job_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    """The job whose mail tells it; a repeat of that mail tells the same."""


class NotificationSetting(TenantScoped):
    """How one member wishes to be told; without a row everything is as each kind proposes."""

    __tablename__ = "notification_setting"
    __table_args__ = (key_to("tenant_member", "member_id"), sa.UniqueConstraint("tenant_id", "member_id"))
    member_id: Mapped[int] = mapped_column(sa.BigInteger)
    ways: Mapped[dict[str, str]] = mapped_column(JSONB, default=dict)
    """{kind: app | mail | both | none}"""
    digest_at: Mapped[time | None]
    """Time of day of the one mail a day; None sends each at once."""
    quiet_from: Mapped[time | None]
    quiet_until: Mapped[time | None]
    """Between these no mail goes out, by the clock of the member's branch."""
