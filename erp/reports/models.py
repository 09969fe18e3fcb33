"""What members keep of reports: variants under a name, what they last asked, and what comes by mail."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from erp import context
from erp.access import can
from erp.data.audit import Audited
from erp.data.tenancy import TenantScoped, key_to


class ReportVariant(TenantScoped):
    """A report's parameters under a name; `shared_with` is empty, EVERYBODY or the name of a role."""

    __tablename__ = "report_variant"
    __table_args__ = (
        key_to("tenant_member", "member_id", ondelete="CASCADE"),
        sa.Index("report_variant_report", "tenant_id", "report"),
    )
    report: Mapped[str] = mapped_column(sa.String(60))
    name: Mapped[str] = mapped_column(sa.String(60))
    member_id: Mapped[int] = mapped_column(sa.BigInteger)
    shared_with: Mapped[str] = mapped_column(sa.String(64), default="")
    args: Mapped[dict[str, str]] = mapped_column(JSONB, default=dict)

    @property
    def may_change(self) -> bool:
        """Its maker, and for a shared one whoever may share."""
        return self.member_id == context.current().member_id or (bool(self.shared_with) and can("share", "view"))


class ReportChoice(TenantScoped):
    """What a member last asked a report for."""

    __tablename__ = "report_choice"
    __table_args__ = (
        sa.UniqueConstraint("tenant_id", "member_id", "report"),
        key_to("tenant_member", "member_id", ondelete="CASCADE"),
    )
    member_id: Mapped[int] = mapped_column(sa.BigInteger)
    report: Mapped[str] = mapped_column(sa.String(60))
    args: Mapped[dict[str, str]] = mapped_column(JSONB, default=dict)


class ReportSchedule(Audited, TenantScoped):
    """A report that comes by mail; each reader gets what they may see themselves."""

    __tablename__ = "report_schedule"
    __table_args__ = (
        key_to("tenant_member", "member_id", ondelete="CASCADE"),
        sa.Index("report_schedule_due", "tenant_id", "due_at"),
    )
    report: Mapped[str] = mapped_column(sa.String(60))
    member_id: Mapped[int] = mapped_column(sa.BigInteger)
    """Who made it."""
    args: Mapped[dict[str, str]] = mapped_column(JSONB, default=dict)
    ending: Mapped[str] = mapped_column(sa.String(5), default="xlsx")
    rhythm: Mapped[str] = mapped_column(sa.String(10))
    """daily, weekly (on Monday) or monthly (on the first)."""
    hour: Mapped[int] = mapped_column(default=6)
    timezone: Mapped[str] = mapped_column(sa.String(60), default="UTC")
    readers: Mapped[list[int]] = mapped_column(JSONB, default=list)
    """Members it is sent to."""
    due_at: Mapped[datetime] = mapped_column(sa.DateTime(timezone=True))
