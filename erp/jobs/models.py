"""The one table of everything that waits."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from erp import clock
from erp.data.tenancy import TenantScoped

WAITING, RUNNING, DONE, FAILED, CANCELLED = "waiting", "running", "done", "failed", "cancelled"


class Job(TenantScoped):
    """A call, timer, process start, mail, export or webhook; the row alone decides who runs it and when."""

    __tablename__ = "job"
    __table_args__ = (
        sa.UniqueConstraint("tenant_id", "key"),
        sa.Index("job_due", "due_at", postgresql_where=sa.text("state = 'waiting'")),
        sa.Index("job_lease", "locked_until", postgresql_where=sa.text("state = 'running'")),
        sa.Index(
            "job_lane",
            "tenant_id",
            "lane",
            "id",
            postgresql_where=sa.text("lane is not null and state in ('waiting', 'running')"),
        ),
        sa.Index("job_subject", "tenant_id", "subject", "subject_id"),
    )
    kind: Mapped[str] = mapped_column(sa.String(60))
    state: Mapped[str] = mapped_column(sa.String(12), default=WAITING)
    due_at: Mapped[datetime] = mapped_column(sa.DateTime(timezone=True), default=lambda: clock.now())
    queue: Mapped[str] = mapped_column(sa.String(12), default="short")
    lane: Mapped[str | None] = mapped_column(sa.String(100))
    """Jobs of one lane run one after another, in order of id."""
    key: Mapped[str] = mapped_column(sa.String(200))
    request: Mapped[Any] = mapped_column(JSONB, default=dict)
    context: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    progress: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    result: Mapped[Any] = mapped_column(JSONB, nullable=True)
    subject: Mapped[str] = mapped_column(sa.String(60), default="")
    subject_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    attempts: Mapped[int] = mapped_column(default=0)
    max_attempts: Mapped[int] = mapped_column(default=6)
    told_at: Mapped[datetime | None] = mapped_column(sa.DateTime(timezone=True))
    locked_until: Mapped[datetime | None] = mapped_column(sa.DateTime(timezone=True))
    error: Mapped[str] = mapped_column(sa.Text(), default="")
    created_at: Mapped[datetime] = mapped_column(sa.DateTime(timezone=True), default=lambda: clock.now())
    finished_at: Mapped[datetime | None] = mapped_column(sa.DateTime(timezone=True))

    @property
    def is_over(self) -> bool:
        """Whether nothing will happen to it any more."""
        return self.state in {DONE, FAILED, CANCELLED}
