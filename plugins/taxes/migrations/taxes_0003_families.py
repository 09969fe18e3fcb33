"""families"""

import sqlalchemy as sa
from alembic import op

revision = "taxes_0003"
down_revision = "taxes_0002"
branch_labels = None
depends_on = "products_0005"


def upgrade() -> None:
    op.create_table(
        "family_tax",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.Column("tax_category_id", sa.BigInteger(), nullable=True),
        sa.Column("record_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "record_id"], ["product_family.tenant_id", "product_family.id"], ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["tenant_id", "tax_category_id"], ["tax_category.tenant_id", "tax_category.id"]),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("tenant_id", "id"),
        sa.UniqueConstraint("tenant_id", "record_id"),
    )
    op.create_index(op.f("ix_family_tax_tax_category_id"), "family_tax", ["tax_category_id"], unique=False)


def downgrade() -> None:
    op.drop_table("family_tax")
