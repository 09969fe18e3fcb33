"""The one table of everything that waits."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from erp import clock
from erp.data.base import Base
from erp.data.tenancy import TenantScoped

WAITING, RUNNING, DONE, FAILED, CANCELLED = "waiting", "running", "done", "failed", "cancelled"
ATTEMPTS = 6
HELD = "held"
"""Its time came while what it belongs to was suspended."""


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
        sa.Index("job_held", "tenant_id", postgresql_where=sa.text("state = 'held'")),
        sa.Index("job_failed", "tenant_id", "id", postgresql_where=sa.text("state = 'failed'")),
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
    priority: Mapped[int] = mapped_column(sa.SmallInteger, default=0, server_default="0")
    """The larger goes first among what is due."""
    attempts: Mapped[int] = mapped_column(default=0)
    max_attempts: Mapped[int] = mapped_column(default=ATTEMPTS)
    told_at: Mapped[datetime | None] = mapped_column(sa.DateTime(timezone=True))
    locked_until: Mapped[datetime | None] = mapped_column(sa.DateTime(timezone=True))
    error: Mapped[str] = mapped_column(sa.Text(), default="")
    created_at: Mapped[datetime] = mapped_column(sa.DateTime(timezone=True), default=lambda: clock.now())
    started_at: Mapped[datetime | None] = mapped_column(sa.DateTime(timezone=True))
    """When the newest attempt began."""
    finished_at: Mapped[datetime | None] = mapped_column(sa.DateTime(timezone=True))
    memory_mb: Mapped[int | None]
    """The largest memory its process had held when it ended."""

    @property
    def took(self) -> timedelta | None:
        """How long its last attempt ran; None before it ended."""
        return self.finished_at - self.started_at if self.finished_at and self.started_at else None

    @property
    def is_over(self) -> bool:
        """Whether nothing will happen to it any more."""
        return self.state in {DONE, FAILED, CANCELLED}


class Schedule(Base):
    """A periodic function of the code, of the whole installation; whichever host takes its turn runs it."""

    __tablename__ = "schedule"
    name: Mapped[str] = mapped_column(sa.String(120), primary_key=True)
    period: Mapped[timedelta] = mapped_column(sa.Interval())
    due_at: Mapped[datetime] = mapped_column(sa.DateTime(timezone=True))
    started_at: Mapped[datetime | None] = mapped_column(sa.DateTime(timezone=True))
    finished_at: Mapped[datetime | None] = mapped_column(sa.DateTime(timezone=True))
    error: Mapped[str] = mapped_column(sa.Text(), default="", server_default="")
