"""What stands on the first page of a till's shelf."""

import sqlalchemy as sa
from alembic import op

revision = "pos_0004"
down_revision = "pos_0003"
branch_labels = None
depends_on = None

TABLE = "terminal_favourite"


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.Column("product_id", sa.BigInteger(), nullable=False),
        sa.Column("document_id", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"]),
        sa.ForeignKeyConstraint(
            ["tenant_id", "document_id"], ["terminal.tenant_id", "terminal.id"], ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["tenant_id", "product_id"], ["product.tenant_id", "product.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("tenant_id", "id"),
    )
    for name in ("document_id", "product_id"):
        op.create_index(op.f(f"ix_{TABLE}_{name}"), TABLE, [name])


def downgrade() -> None:
    op.drop_table(TABLE)
