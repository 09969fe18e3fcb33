"""An order of no category, from a supplier nobody knows yet, says so by nothing."""

from alembic import op

revision = "purchasing_0003"
down_revision = "purchasing_0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for column in ("category", "supplier_rating"):
        op.alter_column("purchase_order", column, nullable=True)


def downgrade() -> None:
    op.execute(
        "update purchase_order set category = coalesce(category, ''), supplier_rating = coalesce(supplier_rating, '')"
    )
    for column in ("category", "supplier_rating"):
        op.alter_column("purchase_order", column, nullable=False)
