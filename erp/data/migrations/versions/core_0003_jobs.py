"""Background work: priority, figures and schedules."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "core_0003"
down_revision = "core_0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("job", sa.Column("priority", sa.SmallInteger(), server_default="0", nullable=False))
    op.add_column("job", sa.Column("started_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("job", sa.Column("memory_mb", sa.Integer(), nullable=True))
    op.create_index("job_failed", "job", ["tenant_id", "id"], postgresql_where=sa.text("state = 'failed'"))
    op.create_table(
        "schedule",
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("period", sa.Interval(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )


def downgrade() -> None:
    op.drop_table("schedule")
    op.drop_index("job_failed", table_name="job")
    op.drop_column("job", "memory_mb")
    op.drop_column("job", "started_at")
    op.drop_column("job", "priority")
