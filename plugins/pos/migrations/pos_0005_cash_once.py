"""Cash in and out carries the browser's own number, which books it once."""

import sqlalchemy as sa
from alembic import op

revision = "pos_0005"
down_revision = "pos_0004"
branch_labels = None
depends_on = None

TABLE, NAME = "cash_movement", "uuid"


def upgrade() -> None:
    # a default fills what is written once and never changed
    made = sa.text("gen_random_uuid()")
    op.add_column(TABLE, sa.Column(NAME, sa.UUID(as_uuid=False), nullable=False, server_default=made))
    op.alter_column(TABLE, NAME, server_default=None)
    op.create_unique_constraint(op.f("cash_movement_tenant_id_uuid_key"), TABLE, ["tenant_id", NAME])


def downgrade() -> None:
    op.drop_column(TABLE, NAME)
