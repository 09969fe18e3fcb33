"""A till's own number is written before its sale, so that the same number sent twice waits at the first statement."""

from alembic import op

revision = "pos_0002"
down_revision = "pos_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_constraint("pos_sale_tenant_id_sale_id_fkey", "pos_sale", type_="foreignkey")
    op.create_foreign_key(
        "pos_sale_sale", "pos_sale", "sale", ["tenant_id", "sale_id"], ["tenant_id", "id"], deferrable=True,
        initially="DEFERRED",
    )  # fmt: skip


def downgrade() -> None:
    op.drop_constraint("pos_sale_sale", "pos_sale", type_="foreignkey")
    op.create_foreign_key(
        "pos_sale_tenant_id_sale_id_fkey", "pos_sale", "sale", ["tenant_id", "sale_id"], ["tenant_id", "id"]
    )
