"""What suppliers credit, and what it takes off what was billed."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "purchasing_0004"
down_revision = "purchasing_0003"
branch_labels = None
depends_on = None

VIEW = """
create view purchase_progress with (security_invoker) as
select
    line.tenant_id, line.document_id as order_id, line.id as line_id, line.quantity as ordered, line.net,
    came.accepted, came.rejected, back.returned, billed.billed, billed.billed_net, credited.credited,
    credited.credited_net, coalesce(product.kind in ('goods', 'part'), false) as is_received
from purchase_order_line as line
left join product on product.tenant_id = line.tenant_id and product.id = line.product_id
cross join lateral (
    select coalesce(sum(one.accepted), 0) as accepted, coalesce(sum(one.rejected), 0) as rejected
    from goods_receipt_line as one
    join goods_receipt on goods_receipt.tenant_id = one.tenant_id and goods_receipt.id = one.document_id
    where one.tenant_id = line.tenant_id and one.order_line_id = line.id and goods_receipt.posted_on is not null
) as came
cross join lateral (
    select coalesce(sum(one.quantity), 0) as returned
    from supplier_return_line as one
    join supplier_return on supplier_return.tenant_id = one.tenant_id and supplier_return.id = one.document_id
    join goods_receipt_line as of on of.tenant_id = one.tenant_id and of.id = one.receipt_line_id
    where one.tenant_id = line.tenant_id and of.order_line_id = line.id and one.was_accepted
        and supplier_return.posted_on is not null
) as back
cross join lateral (
    select coalesce(sum(one.quantity), 0) as billed, coalesce(sum(one.net), 0) as billed_net
    from supplier_bill_line as one
    join supplier_bill on supplier_bill.tenant_id = one.tenant_id and supplier_bill.id = one.document_id
    where one.tenant_id = line.tenant_id and one.order_line_id = line.id and supplier_bill.posted_on is not null
) as billed
cross join lateral (
    select
        coalesce(sum(one.quantity) filter (where one.reason in ('returned', 'missing')), 0) as credited,
        coalesce(sum(one.net), 0) as credited_net
    from supplier_credit_note_line as one
    join supplier_credit_note as note on note.tenant_id = one.tenant_id and note.id = one.document_id
    where one.tenant_id = line.tenant_id and one.order_line_id = line.id and note.posted_on is not null
) as credited
"""


def upgrade() -> None:
    op.create_table(
        "supplier_credit_note",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.Column("credit_number", sa.String(length=80), nullable=False),
        sa.Column("credit_key", sa.String(length=80), nullable=False),
        sa.Column("credited_on", sa.Date(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("short_amount", sa.Numeric(precision=19, scale=4), nullable=False),
        sa.Column("books_currency", sa.String(length=3), nullable=False),
        sa.Column("mismatch", sa.Text(), nullable=True),
        sa.Column("decision_note", sa.String(length=400), nullable=True),
        sa.Column("subtotal", sa.Numeric(precision=19, scale=4), nullable=False),
        sa.Column("tax", sa.Numeric(precision=19, scale=4), nullable=False),
        sa.Column("total", sa.Numeric(precision=19, scale=4), nullable=False),
        sa.Column("tax_totals", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("posted_on", sa.Date(), nullable=True),
        sa.Column("bill_id", sa.BigInteger(), nullable=True),
        sa.Column("supplier_return_id", sa.BigInteger(), nullable=True),
        sa.Column("order_id", sa.BigInteger(), nullable=True),
        sa.Column("supplier_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.String(length=40), nullable=True),
        sa.Column("state", sa.String(length=60), nullable=False),
        sa.Column("state_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("passed_states", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("company_id", sa.BigInteger(), nullable=False),
        sa.Column("branch_id", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(length=200), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_by", sa.String(length=200), nullable=False),
        sa.Column("extra", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id", "branch_id"], ["branch.tenant_id", "branch.id"]),
        sa.ForeignKeyConstraint(["tenant_id", "company_id"], ["company.tenant_id", "company.id"]),
        sa.ForeignKeyConstraint(["tenant_id", "bill_id"], ["supplier_bill.tenant_id", "supplier_bill.id"]),
        sa.ForeignKeyConstraint(
            ["tenant_id", "supplier_return_id"], ["supplier_return.tenant_id", "supplier_return.id"]
        ),
        sa.ForeignKeyConstraint(["tenant_id", "order_id"], ["purchase_order.tenant_id", "purchase_order.id"]),
        sa.ForeignKeyConstraint(["tenant_id", "supplier_id"], ["party.tenant_id", "party.id"]),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("tenant_id", "id"),
        sa.UniqueConstraint("tenant_id", "number"),
    )
    for name in ("company_id", "number", "posted_on", "bill_id", "supplier_return_id", "order_id", "supplier_id"):
        op.create_index(op.f(f"ix_supplier_credit_note_{name}"), "supplier_credit_note", [name], unique=False)
    op.create_index(
        "supplier_credit_note_once", "supplier_credit_note", ["tenant_id", "supplier_id", "credit_key"], unique=True,
        postgresql_where=sa.text("credit_key <> ''"),
    )  # fmt: skip
    op.create_index("supplier_credit_note_state", "supplier_credit_note", ["tenant_id", "state", "id"], unique=False)
    op.create_table(
        "supplier_credit_note_line",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.Column("order_line_id", sa.BigInteger(), nullable=True),
        sa.Column("description", sa.String(length=200), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("quantity", sa.Numeric(precision=18, scale=6), nullable=False),
        sa.Column("unit_price", sa.Numeric(precision=19, scale=4), nullable=False),
        sa.Column("net", sa.Numeric(precision=19, scale=4), nullable=False),
        sa.Column("tax", sa.Numeric(precision=19, scale=4), nullable=False),
        sa.Column("taxes", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("product_id", sa.BigInteger(), nullable=True),
        sa.Column("tax_category_id", sa.BigInteger(), nullable=True),
        sa.Column("account_id", sa.BigInteger(), nullable=True),
        sa.Column("document_id", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "document_id"], ["supplier_credit_note.tenant_id", "supplier_credit_note.id"],
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "order_line_id"], ["purchase_order_line.tenant_id", "purchase_order_line.id"]
        ),
        sa.ForeignKeyConstraint(["tenant_id", "product_id"], ["product.tenant_id", "product.id"]),
        sa.ForeignKeyConstraint(["tenant_id", "tax_category_id"], ["tax_category.tenant_id", "tax_category.id"]),
        sa.ForeignKeyConstraint(["tenant_id", "account_id"], ["account.tenant_id", "account.id"]),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("tenant_id", "id"),
    )  # fmt: skip
    for name in ("document_id", "order_line_id", "product_id", "tax_category_id", "account_id"):
        op.create_index(op.f(f"ix_supplier_credit_note_line_{name}"), "supplier_credit_note_line", [name], unique=False)
    op.add_column(
        "purchase_order", sa.Column("cancelled_amount", sa.Numeric(19, 4), nullable=False, server_default="0")
    )
    op.alter_column("purchase_order", "cancelled_amount", server_default=None)
    op.execute("drop view purchase_progress")
    _create(VIEW)


def downgrade() -> None:
    op.execute("drop view purchase_progress")
    script = op.get_context().environment_context.script
    _create(script.get_revision("purchasing_0001").module.VIEW)
    op.drop_column("purchase_order", "cancelled_amount")
    op.drop_table("supplier_credit_note_line")
    op.drop_table("supplier_credit_note")


def _create(view: str) -> None:
    op.execute(view)
    op.execute("grant select on purchase_progress to millrace_app")
