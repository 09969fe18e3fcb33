"""Drafts and versions keep their test cases, and why a version was published though some failed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "core_0022"
down_revision = "core_0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("workflow_draft", "workflow_definition"):
        op.add_column(table, sa.Column("cases", sa.Text(), server_default="", nullable=False))
        op.add_column(table, sa.Column("waived", sa.String(length=400), server_default="", nullable=False))


def downgrade() -> None:
    for table in ("workflow_draft", "workflow_definition"):
        op.drop_column(table, "waived")
        op.drop_column(table, "cases")
