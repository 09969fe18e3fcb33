"""What an analyst works on: one draft for each process of a tenant."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from erp import clock
from erp.data.tenancy import TenantScoped, key_to

MOMENT = sa.DateTime(timezone=True)


class WorkflowDraft(TenantScoped):
    """A process that is being changed; it becomes a version, or is discarded."""

    __tablename__ = "workflow_draft"
    __table_args__ = (
        sa.UniqueConstraint("tenant_id", "key"),
        key_to("workflow_definition", "base_id"),
        key_to("tenant_member", "author_id"),
        key_to("tenant_member", "proposed_by_id"),
    )
    key: Mapped[str] = mapped_column(sa.String(80))
    base_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    """The version it was made from; None where there was none yet."""
    bpmn: Mapped[bytes] = mapped_column(sa.LargeBinary)
    forms: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    """Its forms that are not the shipped ones: {name: form-js JSON}."""
    decisions: Mapped[dict[str, str]] = mapped_column(JSONB, default=dict)
    """Its decisions that are not the shipped ones: {key: DMN}."""
    cases: Mapped[str] = mapped_column(sa.Text, default="", server_default="")
    """Its test cases, as YAML."""
    note: Mapped[str] = mapped_column(sa.String(400), default="")
    tag: Mapped[str] = mapped_column(sa.String(60), default="")
    waived: Mapped[str] = mapped_column(sa.String(400), default="", server_default="")
    """Why it may go live though test cases fail, as its proposer said."""
    version: Mapped[int] = mapped_column(default=1)
    """Counts the times it was saved; a save names the one it was made from."""
    author_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    author: Mapped[str] = mapped_column(sa.String(200), default="")
    updated_at: Mapped[datetime] = mapped_column(MOMENT, default=lambda: clock.now())
    proposed_at: Mapped[datetime | None] = mapped_column(MOMENT)
    """Since when it waits for a second person; every change takes the proposal back."""
    proposed_by_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    proposed_by: Mapped[str] = mapped_column(sa.String(200), default="")
    set_aside: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, default=list)
    """What others had drawn and was replaced, the newest last: {author, at, bpmn, forms, decisions}."""
