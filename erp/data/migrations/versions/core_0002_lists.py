"""lists"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "core_0002"
down_revision = "core_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "list_choice",
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("document_type", sa.String(length=60), nullable=False),
        sa.Column("columns", sa.String(length=2000), nullable=False),
        sa.Column("view_id", sa.BigInteger(), nullable=True),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "member_id"], ["tenant_member.tenant_id", "tenant_member.id"], ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("tenant_id", "id"),
        sa.UniqueConstraint("tenant_id", "member_id", "document_type"),
    )
    op.create_table(
        "saved_view",
        sa.Column("document_type", sa.String(length=60), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("shared_with", sa.String(length=64), nullable=False),
        sa.Column("args", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "member_id"], ["tenant_member.tenant_id", "tenant_member.id"], ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("tenant_id", "id"),
    )
    op.create_index("saved_view_type", "saved_view", ["tenant_id", "document_type"])
    op.create_table(
        "search_entry",
        sa.Column("document_type", sa.String(length=60), nullable=False),
        sa.Column("row_id", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("words", postgresql.TSVECTOR(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("tenant_id", "document_type", "row_id"),
        sa.UniqueConstraint("tenant_id", "id"),
    )
    op.create_index("search_entry_key", "search_entry", ["tenant_id", "key"])
    op.create_index("search_entry_words", "search_entry", ["words"], postgresql_using="gin")


def downgrade() -> None:
    for name in ("search_entry", "saved_view", "list_choice"):
        op.drop_table(name)
