"""A batch and its changes: what was wished for each row, what became of it, and what stood there before."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from erp import clock
from erp.data.tenancy import TenantScoped, key_to

EDIT, SHEET, TASK, CANCEL, MOVE, UNDO, INCIDENT = "edit", "sheet", "task", "cancel", "move", "undo", "incident"
JUDGE = "judge"
"""Kinds: a field of many rows, a sheet brought back, a task of many documents, their processes stopped, moved to
another version, taken back, the same decision about what is stuck for one cause; and what moving would come to."""
MOVING = frozenset({MOVE, JUDGE})
"""Kinds about which version a process runs."""
WRITING = frozenset({EDIT, SHEET, UNDO})
"""Kinds that change fields."""
WAITING, DONE, SAME, REFUSED, FAILED, STOPPED = "waiting", "done", "same", "refused", "failed", "stopped"
MOMENT = sa.DateTime(timezone=True)


class Batch(TenantScoped):
    """Many changes of one type of documents, made by one member, run by one job."""

    __tablename__ = "batch"
    __table_args__ = (
        key_to("batch", "undo_of"),
        sa.Index("batch_member", "tenant_id", "member_id", "id"),
    )
    kind: Mapped[str] = mapped_column(sa.String(12))
    document_type: Mapped[str] = mapped_column(sa.String(60))
    title: Mapped[str] = mapped_column(sa.String(200))
    """What it does, in the words of whoever made it."""
    values: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    """What is wished alike for every row, as JSON; a row's own wishes stand in its change."""
    state: Mapped[str] = mapped_column(sa.String(12), default=WAITING)
    total: Mapped[int]
    done: Mapped[int] = mapped_column(default=0)
    """Rows changed."""
    same: Mapped[int] = mapped_column(default=0)
    """Rows that were so already."""
    refused: Mapped[int] = mapped_column(default=0)
    job_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    undo_of: Mapped[int | None] = mapped_column(sa.BigInteger, index=True)
    undone_at: Mapped[datetime | None] = mapped_column(MOMENT)
    error: Mapped[str] = mapped_column(sa.Text(), default="")
    user_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    member_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    made_by: Mapped[str] = mapped_column(sa.String(200))
    made_at: Mapped[datetime] = mapped_column(MOMENT, default=lambda: clock.now())
    ended_at: Mapped[datetime | None] = mapped_column(MOMENT)

    @property
    def reached(self) -> int:
        """Rows it has come to."""
        return self.done + self.same + self.refused

    @property
    def percent(self) -> int:
        """0 to 100."""
        return 100 if self.state == DONE else min(99, self.reached * 100 // self.total) if self.total else 0


class BatchChange(TenantScoped):
    """One row of a batch."""

    __tablename__ = "batch_change"
    __table_args__ = (
        key_to("batch", "batch_id"),
        sa.Index("batch_change_next", "tenant_id", "batch_id", "state", "id"),
    )
    batch_id: Mapped[int] = mapped_column(sa.BigInteger)
    row_id: Mapped[int] = mapped_column(sa.BigInteger)
    label: Mapped[str] = mapped_column(sa.String(200), default="")
    """What people call the row, once it was reached."""
    state: Mapped[str] = mapped_column(sa.String(12), default=WAITING)
    version_before: Mapped[int | None]
    """The version that is to be changed; None before it is reached means the newest."""
    version_after: Mapped[int | None]
    before: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    after: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    refusal: Mapped[str] = mapped_column(sa.Text(), default="")
    """Why it was refused, in the words of whoever made the batch."""
