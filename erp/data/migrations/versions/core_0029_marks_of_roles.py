"""What a shipped role gives is known by a mark, so that no request reads it again."""

import sqlalchemy as sa
from alembic import op

revision = "core_0029"
down_revision = "core_0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "role_rights",
        sa.Column("role_id", sa.Integer(), nullable=False),
        sa.Column("mark", sa.String(64), nullable=False),
        sa.ForeignKeyConstraint(["role_id"], ["ab_role.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("role_id"),
    )


def downgrade() -> None:
    op.drop_table("role_rights")
