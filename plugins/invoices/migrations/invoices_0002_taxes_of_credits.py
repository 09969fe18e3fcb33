"""Each tax of a credited line, as it is posted."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "invoices_0002"
down_revision = "invoices_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    taxes = sa.Column("taxes", postgresql.JSONB(), nullable=False, server_default=sa.text("'[]'::jsonb"))
    op.add_column("credit_note_line", taxes)
    op.alter_column("credit_note_line", "taxes", server_default=None)


def downgrade() -> None:
    op.drop_column("credit_note_line", "taxes")
