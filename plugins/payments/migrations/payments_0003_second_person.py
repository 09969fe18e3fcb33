"""Who asked for a refund, and who agreed to it."""

import sqlalchemy as sa
from alembic import op

revision = "payments_0003"
down_revision = "payments_0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("refund", sa.Column("asked_by_id", sa.BigInteger(), nullable=True))
    op.add_column("refund", sa.Column("approved_by", sa.String(length=200), nullable=False, server_default=""))
    op.alter_column("refund", "approved_by", server_default=None)


def downgrade() -> None:
    op.drop_column("refund", "approved_by")
    op.drop_column("refund", "asked_by_id")
