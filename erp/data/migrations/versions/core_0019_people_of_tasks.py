"""Who may do a task, votes of approvals, and who is away"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "core_0019"
down_revision = "core_0018"
branch_labels = None
depends_on = None

JSON = postgresql.JSONB(astext_type=sa.Text())
COLUMNS = (
    sa.Column("process", sa.String(length=80), server_default="", nullable=False),
    sa.Column("candidates", postgresql.ARRAY(sa.String(length=80)), nullable=True),
    sa.Column("branch_id", sa.BigInteger(), nullable=True),
    sa.Column("excluded", postgresql.ARRAY(sa.BigInteger()), server_default="{}", nullable=False),
    sa.Column("voted", postgresql.ARRAY(sa.BigInteger()), server_default="{}", nullable=False),
    sa.Column("asked", JSON, server_default="{}", nullable=False),
    sa.Column("approval", JSON, nullable=True),
    sa.Column("for_id", sa.BigInteger(), nullable=True),
    sa.Column("given_by_id", sa.BigInteger(), nullable=True),
    sa.Column("given_by", sa.String(length=200), server_default="", nullable=False),
    sa.Column("note", sa.String(length=400), server_default="", nullable=False),
    sa.Column("remind_at", sa.DateTime(timezone=True), nullable=True),
    sa.Column("closed_by_ids", postgresql.ARRAY(sa.BigInteger()), server_default="{}", nullable=False),
)


def _table(name: str, *parts: sa.schema.SchemaItem) -> None:
    op.create_table(
        name,
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        *parts,
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("tenant_id", "id"),
    )


def _key(target: str, column: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["tenant_id", column], [f"{target}.tenant_id", f"{target}.id"])


def upgrade() -> None:
    for column in COLUMNS:
        op.add_column("workflow_task", column)
    live = sa.text("status = 'open'")
    op.create_index(
        "workflow_task_candidates", "workflow_task", ["candidates"], postgresql_using="gin", postgresql_where=live
    )
    op.create_index("workflow_task_remind", "workflow_task", ["remind_at"], postgresql_where=live)
    _table(
        "workflow_vote",
        sa.Column("task_id", sa.BigInteger(), nullable=False),
        sa.Column("seat", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("member", sa.String(length=200), nullable=False),
        sa.Column("for_id", sa.BigInteger(), nullable=True),
        sa.Column("for_name", sa.String(length=200), server_default="", nullable=False),
        sa.Column("decision", sa.String(length=10), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("way", sa.String(length=10), nullable=False),
        _key("workflow_task", "task_id"),
        _key("tenant_member", "member_id"),
        _key("tenant_member", "for_id"),
        sa.UniqueConstraint("tenant_id", "task_id", "content_hash", "member_id"),
        sa.UniqueConstraint("tenant_id", "task_id", "content_hash", "seat"),
    )
    _table(
        "absence",
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("stand_in_id", sa.BigInteger(), nullable=True),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=False),
        _key("tenant_member", "member_id"),
        _key("tenant_member", "stand_in_id"),
        sa.CheckConstraint("from_on <= until_on"),
        sa.CheckConstraint("stand_in_id <> member_id"),
    )
    op.create_index("absence_member", "absence", ["tenant_id", "member_id", "until_on"])
    op.create_index("absence_stand_in", "absence", ["tenant_id", "stand_in_id", "until_on"])


def downgrade() -> None:
    op.drop_table("absence")
    op.drop_table("workflow_vote")
    op.drop_index("workflow_task_remind", table_name="workflow_task")
    op.drop_index("workflow_task_candidates", table_name="workflow_task")
    for column in reversed(COLUMNS):
        op.drop_column("workflow_task", column.name)
