"""Messages and signals, who waits for them, and processes that begin by themselves."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "core_0018"
down_revision = "core_0017"
branch_labels = None
depends_on = None

IS_WAITING = sa.text("status = 'waiting'")


def moment(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def text(name: str, length: int) -> sa.Column:
    return sa.Column(name, sa.String(length=length), nullable=False)


def make(name: str, *parts: sa.Column | sa.Constraint) -> None:
    op.create_table(
        name,
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        *parts,
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("tenant_id", "id"),
    )


def upgrade() -> None:
    make(
        "workflow_subscription",
        sa.Column("instance_id", sa.BigInteger(), nullable=False),
        text("token", 60),
        text("element", 100),
        text("kind", 12),
        text("name", 120),
        text("key", 200),
        moment("opened_at"),
        sa.ForeignKeyConstraint(["tenant_id", "instance_id"], ["workflow_instance.tenant_id", "workflow_instance.id"]),
        sa.UniqueConstraint("tenant_id", "token"),
    )
    op.create_index("workflow_subscription_key", "workflow_subscription", ["tenant_id", "kind", "name", "key", "id"])
    op.create_index("workflow_subscription_instance", "workflow_subscription", ["tenant_id", "instance_id"])
    make(
        "workflow_message",
        text("message_id", 200),
        text("kind", 12),
        text("name", 120),
        text("key", 200),
        sa.Column("payload", postgresql.JSONB(), nullable=False),
        text("sender", 200),
        text("status", 12),
        text("reason", 400),
        moment("received_at"),
        moment("expires_at", nullable=True),
        moment("taken_at", nullable=True),
        sa.Column("instance_id", sa.BigInteger(), nullable=True),
        sa.UniqueConstraint("tenant_id", "message_id"),
    )
    for name, columns in (("key", ["tenant_id", "name", "key", "id"]), ("expiry", ["tenant_id", "expires_at"])):
        op.create_index(f"workflow_message_{name}", "workflow_message", columns, postgresql_where=IS_WAITING)
    op.create_index("workflow_message_received", "workflow_message", ["tenant_id", "received_at"])
    make(
        "workflow_start",
        text("process", 80),
        text("element", 100),
        text("kind", 12),
        text("name", 120),
        sa.Column("definition_id", sa.BigInteger(), nullable=False),
        moment("since"),
        sa.UniqueConstraint("tenant_id", "process", "element"),
    )
    op.create_index("workflow_start_name", "workflow_start", ["tenant_id", "kind", "name", "process"])


def downgrade() -> None:
    op.drop_table("workflow_start")
    op.drop_table("workflow_message")
    op.drop_table("workflow_subscription")
