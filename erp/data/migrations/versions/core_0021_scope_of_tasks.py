"""Tasks of called processes know through which call activities they came"""

import sqlalchemy as sa
from alembic import op

revision = "core_0021"
down_revision = "core_0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("workflow_task", sa.Column("scope", sa.String(length=80), server_default="", nullable=False))


def downgrade() -> None:
    op.drop_column("workflow_task", "scope")
