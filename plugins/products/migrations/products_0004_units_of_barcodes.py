"""A barcode may stand for a unit of its own, such as a box."""

import sqlalchemy as sa
from alembic import op

revision = "products_0004"
down_revision = "products_0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("product_barcode", sa.Column("uom_id", sa.BigInteger(), nullable=True))
    op.create_index(op.f("ix_product_barcode_uom_id"), "product_barcode", ["uom_id"], unique=False)
    op.create_foreign_key(None, "product_barcode", "unit", ["tenant_id", "uom_id"], ["tenant_id", "id"])


def downgrade() -> None:
    op.drop_column("product_barcode", "uom_id")
