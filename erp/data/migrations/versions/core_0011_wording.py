"""What an installation says in its own words."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "core_0011"
down_revision = "core_0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "wording",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("language", sa.String(length=12), nullable=False),
        sa.Column("message", sa.String(length=2000), nullable=False),
        sa.Column("text", sa.String(length=2000), nullable=False),
        sa.Column("read_by", sa.String(length=200), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("language", "message"),
    )


def downgrade() -> None:
    op.drop_table("wording")
