"""Warranty, revisions of quotes, deposits, weighing, hand-over, and what a company decided about its repairs."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "repairs_0002"
down_revision = "repairs_0001"
branch_labels = None
depends_on = ["invoices"]

AMOUNT = sa.Numeric(precision=19, scale=4)
QUANTITY = sa.Numeric(precision=18, scale=6)
MOMENT = sa.DateTime(timezone=True)
OPTIONAL = (
    ("product_id", sa.BigInteger()),
    ("purchased_on", sa.Date()),
    ("weight_in", QUANTITY),
    ("weight_out", QUANTITY),
    ("weight_note", sa.Text()),
    ("fault_kind", sa.String(length=40)),
    ("warranty_decision", sa.Text()),
    ("warranty_override", sa.String(length=40)),
    ("warranty_reason", sa.String(length=200)),
    ("more_needed", sa.Text()),
    ("repaired_by_id", sa.BigInteger()),
    ("outcome", sa.String(length=40)),
    ("replacement", sa.String(length=200)),
    ("replacement_serial", sa.String(length=80)),
    ("ready_at", MOMENT),
    ("turnaround_days", sa.Integer()),
    ("collected_by", sa.String(length=200)),
    ("collected_at", MOMENT),
    ("collected_against", sa.String(length=40)),
)
REQUIRED = (
    ("has_proof", sa.Boolean(), "false"),
    ("covers_parts", sa.Boolean(), "false"),
    ("covers_labour", sa.Boolean(), "false"),
    ("inspection_fee", AMOUNT, "0"),
    ("approved_revision", sa.Integer(), "0"),
    ("repaired_by", sa.String(length=200), ""),
    ("reminder_count", sa.Integer(), "0"),
    ("covered_amount", AMOUNT, "0"),
    ("deposit_amount", AMOUNT, "0"),
    ("deposit_page", sa.String(length=200), ""),
)


def upgrade() -> None:
    for name, kind in OPTIONAL:
        op.add_column("repair_order", sa.Column(name, kind, nullable=True))
    for name, kind, default in REQUIRED:
        op.add_column("repair_order", sa.Column(name, kind, nullable=False, server_default=default))
        op.alter_column("repair_order", name, server_default=None)
    op.create_foreign_key(
        "repair_order_product", "repair_order", "product", ["tenant_id", "product_id"], ["tenant_id", "id"]
    )
    op.create_index(op.f("ix_repair_order_product_id"), "repair_order", ["product_id"], unique=False)
    for name in ("old_serial", "new_serial"):
        op.add_column("repair_order_line", sa.Column(name, sa.String(length=80), nullable=True))
    op.add_column("repair_order_line", sa.Column("covered_amount", AMOUNT, nullable=False, server_default="0"))
    op.alter_column("repair_order_line", "covered_amount", server_default=None)
    # what was approved before revisions were kept is the newest quote of an order whose process has passed that
    op.execute("update repair_order set approved_revision = quote_revision where passed_states ? 'approved'")
    _quotes()
    _rules()


def _quotes() -> None:
    op.create_table(
        "repair_quote",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.Column("order_id", sa.BigInteger(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("lines", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("subtotal", AMOUNT, nullable=False),
        sa.Column("tax", AMOUNT, nullable=False),
        sa.Column("total", AMOUNT, nullable=False),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.Column("issued_at", MOMENT, nullable=False),
        sa.Column("issued_by", sa.String(length=200), nullable=False),
        sa.Column("decided_at", MOMENT, nullable=True),
        sa.Column("decided_by", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "order_id"], ["repair_order.tenant_id", "repair_order.id"], ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("tenant_id", "id"),
        sa.UniqueConstraint("tenant_id", "order_id", "revision"),
    )


def _rules() -> None:
    flags = ("needs_second_person", "needs_proof", "weighs", "charges_storage", "disposes")
    op.create_table(
        "repair_rules",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.Column("company_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        *(sa.Column(name, sa.Boolean(), nullable=False) for name in flags),
        sa.Column("storage_fee", AMOUNT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("created_by", sa.String(length=200), nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.Column("updated_by", sa.String(length=200), nullable=False),
        sa.Column("extra", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.CheckConstraint("storage_fee >= 0", name="repair_rules_fee_positive"),
        sa.ForeignKeyConstraint(["tenant_id", "company_id"], ["company.tenant_id", "company.id"]),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("tenant_id", "id"),
        sa.UniqueConstraint("tenant_id", "company_id"),
    )


def downgrade() -> None:
    op.drop_table("repair_rules")
    op.drop_table("repair_quote")
    for name in ("covered_amount", "new_serial", "old_serial"):
        op.drop_column("repair_order_line", name)
    op.drop_index(op.f("ix_repair_order_product_id"), table_name="repair_order")
    op.drop_constraint("repair_order_product", "repair_order", type_="foreignkey")
    for name, *_rest in (*REQUIRED, *OPTIONAL):
        op.drop_column("repair_order", name)
