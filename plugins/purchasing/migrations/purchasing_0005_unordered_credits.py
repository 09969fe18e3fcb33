"""What a credit note takes back for nothing that was ordered, so that somebody else decides."""

import sqlalchemy as sa
from alembic import op

revision = "purchasing_0005"
down_revision = "purchasing_0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    column = sa.Column("unordered_amount", sa.Numeric(19, 4), nullable=False, server_default="0")
    op.add_column("supplier_credit_note", column)
    op.alter_column("supplier_credit_note", "unordered_amount", server_default=None)


def downgrade() -> None:
    op.drop_column("supplier_credit_note", "unordered_amount")
