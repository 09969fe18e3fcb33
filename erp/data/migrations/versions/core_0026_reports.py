"""What members keep of reports: variants, what they last asked, what comes by mail"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "core_0026"
down_revision = "core_0025"
branch_labels = None
depends_on = None

JSONB = postgresql.JSONB(astext_type=sa.Text())


def _begin() -> list[sa.Column | sa.Constraint]:
    return [
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("report", sa.String(length=60), nullable=False),
        sa.Column("args", JSONB, nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "member_id"], ["tenant_member.tenant_id", "tenant_member.id"], ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("tenant_id", "id"),
    ]


def upgrade() -> None:
    op.create_table(
        "report_variant",
        *_begin(),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("shared_with", sa.String(length=64), nullable=False),
    )
    op.create_index("report_variant_report", "report_variant", ["tenant_id", "report"])
    op.create_table("report_choice", *_begin(), sa.UniqueConstraint("tenant_id", "member_id", "report"))
    op.create_table(
        "report_schedule",
        *_begin(),
        sa.Column("ending", sa.String(length=5), nullable=False),
        sa.Column("rhythm", sa.String(length=10), nullable=False),
        sa.Column("hour", sa.Integer(), nullable=False),
        sa.Column("timezone", sa.String(length=60), nullable=False),
        sa.Column("readers", JSONB, nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("report_schedule_due", "report_schedule", ["tenant_id", "due_at"])


def downgrade() -> None:
    for name in ("report_schedule", "report_choice", "report_variant"):
        op.drop_table(name)
