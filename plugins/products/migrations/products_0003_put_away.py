"""A product that is not for sale is put away like every other record; the flag beside that is gone."""

import sqlalchemy as sa
from alembic import op

revision = "products_0003"
down_revision = "products_0002"
branch_labels = None
depends_on = "core_0012"


def upgrade() -> None:
    op.execute(
        "insert into archived (tenant_id, document_type, row_id, at, by)"
        " select tenant_id, 'product', id, updated_at, updated_by from product where not is_active"
        " on conflict (tenant_id, document_type, row_id) do nothing"
    )
    # a rule that asked for what is for sale would be kept by no row from now on; lists leave out what is put away
    op.execute(
        "update access_rule set conditions = (select coalesce(jsonb_agg(each), '[]') from jsonb_array_elements(conditions)"
        " each where not (each->>0 = 'is_active' and lower(each->>2) in ('true', 'yes', '1')))"
        " where document_type = 'product'"
    )
    op.execute("delete from access_rule where document_type = 'product' and conditions = '[]'")
    op.drop_column("product", "is_active")


def downgrade() -> None:
    op.add_column("product", sa.Column("is_active", sa.Boolean(), server_default=sa.true(), nullable=False))
    op.execute(
        "update product set is_active = false where id in (select row_id from archived where document_type = 'product')"
    )
    op.alter_column("product", "is_active", server_default=None)
