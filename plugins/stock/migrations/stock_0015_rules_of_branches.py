"""A rule of reordering is seen by those who reach its place."""

import sqlalchemy as sa
from alembic import op

revision = "stock_0015"
down_revision = "stock_0014"
branch_labels = None
depends_on = None

FILL = """
update reorder_rule set branch_id = location.branch_id
from location where location.tenant_id = reorder_rule.tenant_id and location.id = reorder_rule.location_id
"""


def upgrade() -> None:
    op.add_column("reorder_rule", sa.Column("branch_id", sa.BigInteger(), nullable=True))
    op.create_foreign_key(None, "reorder_rule", "branch", ["tenant_id", "branch_id"], ["tenant_id", "id"])
    op.execute(FILL)


def downgrade() -> None:
    op.drop_column("reorder_rule", "branch_id")
