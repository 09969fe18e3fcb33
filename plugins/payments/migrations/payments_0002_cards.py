"""Cards, refunds, the ledger and what a person has to look at."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "payments_0002"
down_revision = "payments_0001"
branch_labels = None
depends_on = None

AMOUNT = sa.Numeric(precision=19, scale=4)
NEW = (
    ("purpose", sa.String(length=40), "sale"),
    ("status", sa.String(length=40), "paid"),
    ("asked_amount", AMOUNT, "0"),
    ("authorised_amount", AMOUNT, "0"),
    ("refunded_amount", AMOUNT, "0"),
    ("pending_amount", AMOUNT, "0"),
    ("reference", sa.String(length=80), ""),
    ("failure", sa.String(length=300), ""),
    ("provider", sa.String(length=60), ""),
    ("provider_reference", sa.String(length=120), ""),
    ("page_reference", sa.String(length=120), ""),
    ("page_url", sa.String(length=2000), ""),
    ("under_way", sa.String(length=12), ""),
)
MOMENTS = ("page_until", "looked_at")


def document_columns() -> list[sa.Column]:
    """What every document has."""
    return [
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
    ]


def document_keys() -> list[sa.Constraint]:
    """What holds every document inside its tenant."""
    return [
        sa.ForeignKeyConstraint(["tenant_id", "branch_id"], ["branch.tenant_id", "branch.id"]),
        sa.ForeignKeyConstraint(["tenant_id", "company_id"], ["company.tenant_id", "company.id"]),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("tenant_id", "id"),
        sa.UniqueConstraint("tenant_id", "number"),
    ]


def document_indexes(table: str, *links: str) -> None:
    for column in ("company_id", "number", *links):
        op.create_index(op.f(f"ix_{table}_{column}"), table, [column], unique=False)
    op.create_index(f"{table}_state", table, ["tenant_id", "state", "id"], unique=False)


def grow_payment() -> None:
    for name, kind, default in NEW:
        op.add_column("payment", sa.Column(name, kind, server_default=default, nullable=False))
    for name in MOMENTS:
        op.add_column("payment", sa.Column(name, sa.DateTime(timezone=True), nullable=True))
    op.execute("update payment set asked_amount = paid_amount")
    for name, _kind, _default in NEW:
        op.alter_column("payment", name, server_default=None)
    op.alter_column("payment", "paid_at", nullable=True)
    op.drop_constraint("payment_positive", "payment", type_="check")
    op.drop_constraint("payment_adds_up", "payment", type_="check")
    op.create_check_constraint("payment_positive", "payment", "asked_amount > 0 and paid_amount >= 0")
    op.create_check_constraint("payment_capped", "payment", "refunded_amount + pending_amount <= paid_amount")
    op.create_check_constraint(
        "payment_adds_up", "payment", "method <> 'cash' or tendered_amount - change_amount = asked_amount"
    )
    op.create_index(
        "payment_mpesa",
        "payment",
        ["tenant_id", "reference"],
        unique=True,
        postgresql_where=sa.text("method = 'mpesa'"),
    )
    op.create_index(
        "payment_open", "payment", ["tenant_id", "id"], postgresql_where=sa.text("status in ('asked', 'authorised')")
    )
    op.create_index(
        "payment_reference", "payment", ["tenant_id", "provider", "provider_reference"], unique=True,
        postgresql_where=sa.text("provider_reference <> ''"),
    )  # fmt: skip


def upgrade() -> None:
    grow_payment()
    op.create_table(
        "refund",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.Column("payment_number", sa.String(length=40), nullable=False),
        sa.Column("refund_amount", AMOUNT, nullable=False),
        sa.Column("method", sa.String(length=40), nullable=False),
        sa.Column("status", sa.String(length=40), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("refunded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reference", sa.String(length=80), nullable=False),
        sa.Column("failure", sa.String(length=300), nullable=False),
        sa.Column("provider_reference", sa.String(length=120), nullable=False),
        sa.Column("payment_id", sa.BigInteger(), nullable=False),
        sa.Column("party_id", sa.BigInteger(), nullable=False),
        *document_columns(),
        sa.CheckConstraint("refund_amount > 0", name="refund_positive"),
        sa.ForeignKeyConstraint(["tenant_id", "party_id"], ["party.tenant_id", "party.id"]),
        sa.ForeignKeyConstraint(["tenant_id", "payment_id"], ["payment.tenant_id", "payment.id"]),
        *document_keys(),
    )
    document_indexes("refund", "party_id", "payment_id")
    op.create_index(
        "refund_reference", "refund", ["tenant_id", "provider_reference"], unique=True,
        postgresql_where=sa.text("provider_reference <> ''"),
    )  # fmt: skip
    op.create_table(
        "payment_entry",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.Column("payment_id", sa.BigInteger(), nullable=False),
        sa.Column("refund_id", sa.BigInteger(), nullable=True),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("amount", AMOUNT, nullable=False),
        sa.Column("reference", sa.String(length=120), nullable=False),
        sa.Column("note", sa.String(length=300), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.CheckConstraint("amount >= 0", name="payment_entry_positive"),
        sa.ForeignKeyConstraint(["tenant_id", "payment_id"], ["payment.tenant_id", "payment.id"]),
        sa.ForeignKeyConstraint(["tenant_id", "refund_id"], ["refund.tenant_id", "refund.id"]),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("tenant_id", "id"),
    )
    op.create_index("payment_entry_payment", "payment_entry", ["tenant_id", "payment_id", "id"], unique=False)
    op.create_index(
        "payment_entry_refund", "payment_entry", ["tenant_id", "refund_id", "kind"], unique=True,
        postgresql_where=sa.text("refund_id is not null"),
    )  # fmt: skip
    op.execute(
        "insert into payment_entry (tenant_id, payment_id, kind, amount, reference, note, at, by)"
        " select tenant_id, id, 'captured', paid_amount, '', '', paid_at, cashier from payment"
    )
    op.create_table(
        "payment_review",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("what", sa.String(length=300), nullable=False),
        sa.Column("review_amount", AMOUNT, nullable=False),
        sa.Column("provider", sa.String(length=60), nullable=False),
        sa.Column("provider_reference", sa.String(length=120), nullable=False),
        sa.Column("resolution", sa.String(length=40), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.String(length=200), nullable=False),
        sa.Column("payment_id", sa.BigInteger(), nullable=True),
        *document_columns(),
        sa.ForeignKeyConstraint(["tenant_id", "payment_id"], ["payment.tenant_id", "payment.id"]),
        *document_keys(),
    )
    document_indexes("payment_review", "payment_id")
    op.create_index(
        "payment_review_open", "payment_review", ["tenant_id", "kind", "provider_reference", "payment_id"], unique=True,
        postgresql_where=sa.text("resolution = ''"), postgresql_nulls_not_distinct=True,
    )  # fmt: skip


def downgrade() -> None:
    op.drop_table("payment_review")
    op.drop_table("payment_entry")
    op.drop_table("refund")
    for name in ("payment_reference", "payment_open", "payment_mpesa"):
        op.drop_index(name, table_name="payment")
    for name in ("payment_adds_up", "payment_capped", "payment_positive"):
        op.drop_constraint(name, "payment", type_="check")
    op.create_check_constraint("payment_positive", "payment", "paid_amount > 0")
    op.create_check_constraint("payment_adds_up", "payment", "tendered_amount - change_amount = paid_amount")
    op.alter_column("payment", "paid_at", nullable=False)
    for name in (*MOMENTS, *(name for name, _kind, _default in reversed(NEW))):
        op.drop_column("payment", name)
