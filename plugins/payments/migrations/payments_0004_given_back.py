"""What money was given back of is found without reading every payment."""

import sqlalchemy as sa
from alembic import op

revision = "payments_0004"
down_revision = "payments_0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    columns, where = ["tenant_id", "subject_type", "subject_id"], sa.text("refunded_amount > 0")
    op.create_index("payment_given_back", "payment", columns, postgresql_where=where)


def downgrade() -> None:
    op.drop_index("payment_given_back", table_name="payment")
