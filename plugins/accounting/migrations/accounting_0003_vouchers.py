"""Entries written by hand, and those that come again."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "accounting_0003"
down_revision = "accounting_0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "recurring_entry",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("every", sa.String(length=40), nullable=False),
        sa.Column("next_on", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("is_automatic", sa.Boolean(), nullable=False),
        sa.Column("reverse_after", sa.Integer(), nullable=True),
        sa.Column("journal_id", sa.BigInteger(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(length=200), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_by", sa.String(length=200), nullable=False),
        sa.Column("extra", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id", "journal_id"], ["journal.tenant_id", "journal.id"]),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("tenant_id", "id"),
    )
    op.create_index(op.f("ix_recurring_entry_journal_id"), "recurring_entry", ["journal_id"], unique=False)
    op.create_table(
        "journal_voucher",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.Column("voucher_date", sa.Date(), nullable=False),
        sa.Column("in_currency", sa.String(length=40), nullable=True),
        sa.Column("reverse_on", sa.Date(), nullable=True),
        sa.Column("is_automatic", sa.Boolean(), nullable=False),
        sa.Column("total", sa.Numeric(precision=19, scale=4), nullable=False),
        sa.Column("entry_id", sa.BigInteger(), nullable=True),
        sa.Column("text", sa.String(length=300), nullable=False),
        sa.Column("journal_id", sa.BigInteger(), nullable=True),
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
        sa.ForeignKeyConstraint(["tenant_id", "journal_id"], ["journal.tenant_id", "journal.id"]),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("tenant_id", "id"),
        sa.UniqueConstraint("tenant_id", "number"),
    )
    op.create_index(op.f("ix_journal_voucher_company_id"), "journal_voucher", ["company_id"], unique=False)
    op.create_index(op.f("ix_journal_voucher_journal_id"), "journal_voucher", ["journal_id"], unique=False)
    op.create_index(op.f("ix_journal_voucher_number"), "journal_voucher", ["number"], unique=False)
    op.create_index("journal_voucher_state", "journal_voucher", ["tenant_id", "state", "id"], unique=False)
    op.create_table(
        "journal_voucher_line",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.Column("text", sa.String(length=300), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("debit", sa.Numeric(precision=19, scale=4), nullable=False),
        sa.Column("credit", sa.Numeric(precision=19, scale=4), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("party_id", sa.BigInteger(), nullable=True),
        sa.Column("document_id", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id", "account_id"], ["account.tenant_id", "account.id"]),
        sa.ForeignKeyConstraint(
            ["tenant_id", "document_id"], ["journal_voucher.tenant_id", "journal_voucher.id"], ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["tenant_id", "party_id"], ["party.tenant_id", "party.id"]),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("tenant_id", "id"),
    )
    op.create_index(op.f("ix_journal_voucher_line_account_id"), "journal_voucher_line", ["account_id"], unique=False)
    op.create_index(op.f("ix_journal_voucher_line_document_id"), "journal_voucher_line", ["document_id"], unique=False)
    op.create_index(op.f("ix_journal_voucher_line_party_id"), "journal_voucher_line", ["party_id"], unique=False)
    op.create_table(
        "recurring_entry_line",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.Column("text", sa.String(length=300), nullable=True),
        sa.Column("debit", sa.Numeric(precision=19, scale=4), nullable=False),
        sa.Column("credit", sa.Numeric(precision=19, scale=4), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("party_id", sa.BigInteger(), nullable=True),
        sa.Column("document_id", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id", "account_id"], ["account.tenant_id", "account.id"]),
        sa.ForeignKeyConstraint(
            ["tenant_id", "document_id"], ["recurring_entry.tenant_id", "recurring_entry.id"], ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["tenant_id", "party_id"], ["party.tenant_id", "party.id"]),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("tenant_id", "id"),
    )
    op.create_index(op.f("ix_recurring_entry_line_account_id"), "recurring_entry_line", ["account_id"], unique=False)
    op.create_index(op.f("ix_recurring_entry_line_document_id"), "recurring_entry_line", ["document_id"], unique=False)
    op.create_index(op.f("ix_recurring_entry_line_party_id"), "recurring_entry_line", ["party_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_recurring_entry_line_party_id"), table_name="recurring_entry_line")
    op.drop_index(op.f("ix_recurring_entry_line_document_id"), table_name="recurring_entry_line")
    op.drop_index(op.f("ix_recurring_entry_line_account_id"), table_name="recurring_entry_line")
    op.drop_table("recurring_entry_line")
    op.drop_index(op.f("ix_journal_voucher_line_party_id"), table_name="journal_voucher_line")
    op.drop_index(op.f("ix_journal_voucher_line_document_id"), table_name="journal_voucher_line")
    op.drop_index(op.f("ix_journal_voucher_line_account_id"), table_name="journal_voucher_line")
    op.drop_table("journal_voucher_line")
    op.drop_index("journal_voucher_state", table_name="journal_voucher")
    op.drop_index(op.f("ix_journal_voucher_number"), table_name="journal_voucher")
    op.drop_index(op.f("ix_journal_voucher_journal_id"), table_name="journal_voucher")
    op.drop_index(op.f("ix_journal_voucher_company_id"), table_name="journal_voucher")
    op.drop_table("journal_voucher")
    op.drop_index(op.f("ix_recurring_entry_journal_id"), table_name="recurring_entry")
    op.drop_table("recurring_entry")
