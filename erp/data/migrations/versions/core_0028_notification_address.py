"""Unread notifications are found by where they lead"""

import sqlalchemy as sa
from alembic import op

revision = "core_0028"
down_revision = "core_0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "notification_address", "notification", ["tenant_id", "url"], postgresql_where=sa.text("read_at is null")
    )


def downgrade() -> None:
    op.drop_index("notification_address", "notification")
