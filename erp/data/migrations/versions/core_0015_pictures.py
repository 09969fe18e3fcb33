"""pictures"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "core_0015"
down_revision = "core_0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("file", sa.Column("position", sa.Integer(), server_default="0", nullable=False))
    op.add_column(
        "file", sa.Column("sizes", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False)
    )
    op.execute(
        "update file set position = places.place from (select id, row_number() over"
        " (partition by tenant_id, owner, owner_id order by id) as place from file) places where places.id = file.id"
    )


def downgrade() -> None:
    op.drop_column("file", "sizes")
    op.drop_column("file", "position")
