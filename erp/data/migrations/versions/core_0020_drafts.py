"""Drafts of processes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "core_0020"
down_revision = "core_0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "workflow_definition", sa.Column("proposed_by", sa.String(length=200), server_default="", nullable=False)
    )
    op.create_table(
        "workflow_draft",
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("base_id", sa.BigInteger(), nullable=True),
        sa.Column("bpmn", sa.LargeBinary(), nullable=False),
        sa.Column("forms", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("decisions", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("note", sa.String(length=400), nullable=False),
        sa.Column("tag", sa.String(length=60), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("author_id", sa.BigInteger(), nullable=True),
        sa.Column("author", sa.String(length=200), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("proposed_by_id", sa.BigInteger(), nullable=True),
        sa.Column("proposed_by", sa.String(length=200), nullable=False),
        sa.Column("set_aside", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id", "base_id"], ["workflow_definition.tenant_id", "workflow_definition.id"]),
        sa.ForeignKeyConstraint(["tenant_id", "author_id"], ["tenant_member.tenant_id", "tenant_member.id"]),
        sa.ForeignKeyConstraint(["tenant_id", "proposed_by_id"], ["tenant_member.tenant_id", "tenant_member.id"]),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("tenant_id", "id"),
        sa.UniqueConstraint("tenant_id", "key"),
    )


def downgrade() -> None:
    op.drop_table("workflow_draft")
    op.drop_column("workflow_definition", "proposed_by")
