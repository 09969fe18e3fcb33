"""Sessions; the audit knows address and way, and failed sign-ins; a company's plan."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "core_0008"
down_revision = "core_0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "user_session",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("device", sa.String(length=100), nullable=False),
        sa.Column("address", sa.String(length=45), nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"]),
        sa.ForeignKeyConstraint(["user_id"], ["ab_user.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("tenant_id", "id"),
        sa.UniqueConstraint("token_hash"),
    )
    op.create_index("user_session_user", "user_session", ["user_id", "begun_at"])
    op.create_index(
        "user_session_live", "user_session", ["tenant_id", "expires_at"], postgresql_where=sa.text("ended_at is null")
    )
    op.create_table(
        "platform_entry",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=True),
        sa.Column("source", sa.String(length=20), nullable=False),
        sa.Column("address", sa.String(length=45), nullable=False),
        sa.Column("device", sa.String(length=100), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("platform_entry_at", "platform_entry", ["at", "id"])
    op.add_column("audit_entry", sa.Column("way", sa.String(length=40), server_default="", nullable=False))
    op.add_column("audit_entry", sa.Column("address", sa.String(length=45), server_default="", nullable=False))
    op.create_index("audit_entry_at", "audit_entry", ["tenant_id", "at", "id"])
    op.create_index("audit_entry_user", "audit_entry", ["tenant_id", "user_id", "at", "id"])
    op.create_index("audit_entry_kind", "audit_entry", ["tenant_id", "kind", "at", "id"])
    op.create_index(
        "audit_entry_address",
        "audit_entry",
        ["tenant_id", "address", "at", "id"],
        postgresql_where=sa.text("address <> ''"),
    )
    op.add_column("tenant", sa.Column("plan", sa.String(length=20), server_default="", nullable=False))


def downgrade() -> None:
    op.drop_column("tenant", "plan")
    for name in ("address", "kind", "user", "at"):
        op.drop_index(f"audit_entry_{name}", table_name="audit_entry")
    op.drop_column("audit_entry", "address")
    op.drop_column("audit_entry", "way")
    op.drop_table("platform_entry")
    op.drop_table("user_session")
