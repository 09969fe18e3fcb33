"""What is still open is found without reading what was settled."""

import sqlalchemy as sa
from alembic import op

revision = "invoices_0003"
down_revision = "invoices_0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    where = sa.text("state not in ('settled', 'credited')")
    op.create_index("invoice_open", "invoice", ["tenant_id", "id"], postgresql_where=where)


def downgrade() -> None:
    op.drop_index("invoice_open", table_name="invoice")
