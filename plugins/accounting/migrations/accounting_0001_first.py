"""The chart, the journals, fiscal years, rules, the ledger and its balances."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "accounting_0001"
down_revision = None
branch_labels = ("accounting",)
depends_on = ["currencies", "parties", "products_0002", "taxes"]


def upgrade() -> None:
    op.create_table(
        "account",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("use", sa.String(length=40), nullable=True),
        sa.Column("currency", sa.String(length=40), nullable=True),
        sa.Column("is_allocated", sa.Boolean(), nullable=False),
        sa.Column("is_closed", sa.Boolean(), nullable=False),
        sa.Column("parent_id", sa.BigInteger(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(length=200), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_by", sa.String(length=200), nullable=False),
        sa.Column("extra", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "parent_id"],
            ["account.tenant_id", "account.id"],
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"],
            ["tenant.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("tenant_id", "code"),
        sa.UniqueConstraint("tenant_id", "id"),
    )
    op.create_index(op.f("ix_account_parent_id"), "account", ["parent_id"], unique=False)
    op.create_table(
        "fiscal_year",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(length=200), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_by", sa.String(length=200), nullable=False),
        sa.Column("extra", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.CheckConstraint("ends_on > starts_on", name="fiscal_year_ends_on_later"),
        sa.ForeignKeyConstraint(
            ["tenant_id"],
            ["tenant.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("tenant_id", "id"),
        sa.UniqueConstraint("tenant_id", "starts_on"),
        info={"append_only": True},
    )
    op.create_table(
        "journal",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.String(length=10), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(length=200), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_by", sa.String(length=200), nullable=False),
        sa.Column("extra", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id"],
            ["tenant.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("tenant_id", "code"),
        sa.UniqueConstraint("tenant_id", "id"),
    )
    op.create_table(
        "ledger_lock",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(length=200), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_by", sa.String(length=200), nullable=False),
        sa.Column("extra", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.CheckConstraint("kind in ('all', 'sales', 'purchases', 'tax', 'final')", name="ledger_lock_kind_known"),
        sa.CheckConstraint("reason <> ''", name="ledger_lock_reason_given"),
        sa.ForeignKeyConstraint(
            ["tenant_id"],
            ["tenant.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("tenant_id", "id"),
        info={"append_only": True},
    )
    op.create_index("ledger_lock_newest", "ledger_lock", ["tenant_id", "kind", "id"], unique=False)
    op.create_table(
        "fiscal_period",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("year_id", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(length=200), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_by", sa.String(length=200), nullable=False),
        sa.Column("extra", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.CheckConstraint("ends_on >= starts_on", name="fiscal_period_ends_on_later"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "year_id"],
            ["fiscal_year.tenant_id", "fiscal_year.id"],
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"],
            ["tenant.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("tenant_id", "id"),
        sa.UniqueConstraint("tenant_id", "starts_on"),
        info={"append_only": True},
    )
    op.create_index(op.f("ix_fiscal_period_year_id"), "fiscal_period", ["year_id"], unique=False)
    op.create_table(
        "journal_entry",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.Column("entry_date", sa.Date(), nullable=False),
        sa.Column("event", sa.String(length=60), nullable=False),
        sa.Column("source_type", sa.String(length=60), nullable=False),
        sa.Column("source_id", sa.BigInteger(), nullable=False),
        sa.Column("source_key", sa.String(length=60), nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("text", sa.String(length=300), nullable=False),
        sa.Column("posted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "posted_in", sa.BigInteger(), server_default=sa.text("pg_current_xact_id()::text::bigint"), nullable=False
        ),
        sa.Column("journal_id", sa.BigInteger(), nullable=False),
        sa.Column("period_id", sa.BigInteger(), nullable=False),
        sa.Column("reverses_id", sa.BigInteger(), nullable=True),
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
        sa.ForeignKeyConstraint(
            ["tenant_id", "branch_id"],
            ["branch.tenant_id", "branch.id"],
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "company_id"],
            ["company.tenant_id", "company.id"],
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "journal_id"],
            ["journal.tenant_id", "journal.id"],
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "period_id"],
            ["fiscal_period.tenant_id", "fiscal_period.id"],
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "reverses_id"],
            ["journal_entry.tenant_id", "journal_entry.id"],
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"],
            ["tenant.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("tenant_id", "id"),
        sa.UniqueConstraint("tenant_id", "number"),
        sa.UniqueConstraint("tenant_id", "reverses_id", name="journal_entry_reverses_once"),
        sa.UniqueConstraint(
            "tenant_id", "source_type", "source_id", "event", "source_key", name="journal_entry_source_once"
        ),
        info={"append_only": True},
    )
    op.create_index(op.f("ix_journal_entry_company_id"), "journal_entry", ["company_id"], unique=False)
    op.create_index(op.f("ix_journal_entry_journal_id"), "journal_entry", ["journal_id"], unique=False)
    op.create_index(op.f("ix_journal_entry_number"), "journal_entry", ["number"], unique=False)
    op.create_index(op.f("ix_journal_entry_period_id"), "journal_entry", ["period_id"], unique=False)
    op.create_index(op.f("ix_journal_entry_reverses_id"), "journal_entry", ["reverses_id"], unique=False)
    op.create_index("journal_entry_date", "journal_entry", ["tenant_id", "entry_date", "id"], unique=False)
    op.create_index("journal_entry_in_period", "journal_entry", ["tenant_id", "period_id", "entry_date"], unique=False)
    op.create_index("journal_entry_state", "journal_entry", ["tenant_id", "state", "id"], unique=False)
    op.create_table(
        "ledger_balance",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("period_id", sa.BigInteger(), nullable=False),
        sa.Column("branch_id", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("debit", sa.Numeric(precision=24, scale=4), nullable=False),
        sa.Column("credit", sa.Numeric(precision=24, scale=4), nullable=False),
        sa.Column("currency_amount", sa.Numeric(precision=24, scale=4), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "account_id"],
            ["account.tenant_id", "account.id"],
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "branch_id"],
            ["branch.tenant_id", "branch.id"],
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "period_id"],
            ["fiscal_period.tenant_id", "fiscal_period.id"],
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"],
            ["tenant.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint(
            "tenant_id",
            "account_id",
            "period_id",
            "branch_id",
            "currency",
            name="ledger_balance_once",
            postgresql_nulls_not_distinct=True,
        ),
        sa.UniqueConstraint("tenant_id", "id"),
    )
    op.create_table(
        "posting_rule",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.Column("event", sa.String(length=60), nullable=False),
        sa.Column("amount_name", sa.String(length=40), nullable=False),
        sa.Column("tender", sa.String(length=40), nullable=True),
        sa.Column("branch_id", sa.BigInteger(), nullable=True),
        sa.Column("journal_id", sa.BigInteger(), nullable=False),
        sa.Column("debit_account_id", sa.BigInteger(), nullable=False),
        sa.Column("credit_account_id", sa.BigInteger(), nullable=False),
        sa.Column("product_category_id", sa.BigInteger(), nullable=True),
        sa.Column("tax_category_id", sa.BigInteger(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(length=200), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_by", sa.String(length=200), nullable=False),
        sa.Column("extra", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.CheckConstraint("debit_account_id <> credit_account_id", name="posting_rule_credit_account_differs"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "branch_id"],
            ["branch.tenant_id", "branch.id"],
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "credit_account_id"],
            ["account.tenant_id", "account.id"],
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "debit_account_id"],
            ["account.tenant_id", "account.id"],
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "journal_id"],
            ["journal.tenant_id", "journal.id"],
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "product_category_id"],
            ["product_category.tenant_id", "product_category.id"],
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "tax_category_id"],
            ["tax_category.tenant_id", "tax_category.id"],
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"],
            ["tenant.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint(
            "tenant_id",
            "event",
            "amount_name",
            "product_category_id",
            "tax_category_id",
            "tender",
            "branch_id",
            name="posting_rule_amount_name_unique",
            postgresql_nulls_not_distinct=True,
        ),
        sa.UniqueConstraint("tenant_id", "id"),
    )
    op.create_index(op.f("ix_posting_rule_credit_account_id"), "posting_rule", ["credit_account_id"], unique=False)
    op.create_index(op.f("ix_posting_rule_debit_account_id"), "posting_rule", ["debit_account_id"], unique=False)
    op.create_index(op.f("ix_posting_rule_journal_id"), "posting_rule", ["journal_id"], unique=False)
    op.create_index(op.f("ix_posting_rule_product_category_id"), "posting_rule", ["product_category_id"], unique=False)
    op.create_index(op.f("ix_posting_rule_tax_category_id"), "posting_rule", ["tax_category_id"], unique=False)
    op.create_table(
        "ledger_unfolded",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.Column("entry_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "entry_id"],
            ["journal_entry.tenant_id", "journal_entry.id"],
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"],
            ["tenant.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("tenant_id", "id"),
    )
    op.create_index("ledger_unfolded_entry", "ledger_unfolded", ["tenant_id", "entry_id"], unique=False)
    op.create_table(
        "journal_line",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "debit",
            sa.Numeric(precision=19, scale=4),
            sa.Computed("GREATEST(amount, (0)::numeric)", persisted=True),
            nullable=False,
        ),
        sa.Column(
            "credit",
            sa.Numeric(precision=19, scale=4),
            sa.Computed("GREATEST((- amount), (0)::numeric)", persisted=True),
            nullable=False,
        ),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("text", sa.String(length=300), nullable=False),
        sa.Column("amount", sa.Numeric(precision=19, scale=4), nullable=False),
        sa.Column("branch_id", sa.BigInteger(), nullable=True),
        sa.Column("tax_base", sa.Numeric(precision=19, scale=4), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("currency_amount", sa.Numeric(precision=19, scale=4), nullable=True),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("party_id", sa.BigInteger(), nullable=True),
        sa.Column("tax_id", sa.BigInteger(), nullable=True),
        sa.Column("document_id", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "account_id"],
            ["account.tenant_id", "account.id"],
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "branch_id"],
            ["branch.tenant_id", "branch.id"],
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "document_id"], ["journal_entry.tenant_id", "journal_entry.id"], ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "party_id"],
            ["party.tenant_id", "party.id"],
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "tax_id"],
            ["tax.tenant_id", "tax.id"],
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"],
            ["tenant.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("tenant_id", "id"),
        info={"append_only": True},
    )
    op.create_index(op.f("ix_journal_line_account_id"), "journal_line", ["account_id"], unique=False)
    op.create_index(op.f("ix_journal_line_document_id"), "journal_line", ["document_id"], unique=False)
    op.create_index(op.f("ix_journal_line_party_id"), "journal_line", ["party_id"], unique=False)
    op.create_index(op.f("ix_journal_line_tax_id"), "journal_line", ["tax_id"], unique=False)
    op.create_table(
        "allocation",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.Column("debit_line_id", sa.BigInteger(), nullable=False),
        sa.Column("credit_line_id", sa.BigInteger(), nullable=False),
        sa.Column("amount", sa.Numeric(precision=19, scale=4), nullable=False),
        sa.Column("currency_amount", sa.Numeric(precision=19, scale=4), nullable=True),
        sa.Column("undoes_id", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("(amount < 0) = (undoes_id is not null)", name="allocation_amount_positive"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "credit_line_id"],
            ["journal_line.tenant_id", "journal_line.id"],
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "debit_line_id"],
            ["journal_line.tenant_id", "journal_line.id"],
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "undoes_id"],
            ["allocation.tenant_id", "allocation.id"],
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"],
            ["tenant.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("tenant_id", "id"),
        sa.UniqueConstraint("tenant_id", "undoes_id", name="allocation_undone_once"),
        info={"append_only": True},
    )
    op.create_index("allocation_credit", "allocation", ["tenant_id", "credit_line_id"], unique=False)
    op.create_index("allocation_debit", "allocation", ["tenant_id", "debit_line_id"], unique=False)


def downgrade() -> None:
    op.drop_index("allocation_debit", table_name="allocation")
    op.drop_index("allocation_credit", table_name="allocation")
    op.drop_table("allocation")
    op.drop_index(op.f("ix_journal_line_tax_id"), table_name="journal_line")
    op.drop_index(op.f("ix_journal_line_party_id"), table_name="journal_line")
    op.drop_index(op.f("ix_journal_line_document_id"), table_name="journal_line")
    op.drop_index(op.f("ix_journal_line_account_id"), table_name="journal_line")
    op.drop_table("journal_line")
    op.drop_index("ledger_unfolded_entry", table_name="ledger_unfolded")
    op.drop_table("ledger_unfolded")
    op.drop_index(op.f("ix_posting_rule_tax_category_id"), table_name="posting_rule")
    op.drop_index(op.f("ix_posting_rule_product_category_id"), table_name="posting_rule")
    op.drop_index(op.f("ix_posting_rule_journal_id"), table_name="posting_rule")
    op.drop_index(op.f("ix_posting_rule_debit_account_id"), table_name="posting_rule")
    op.drop_index(op.f("ix_posting_rule_credit_account_id"), table_name="posting_rule")
    op.drop_table("posting_rule")
    op.drop_table("ledger_balance")
    op.drop_index("journal_entry_state", table_name="journal_entry")
    op.drop_index("journal_entry_in_period", table_name="journal_entry")
    op.drop_index("journal_entry_date", table_name="journal_entry")
    op.drop_index(op.f("ix_journal_entry_reverses_id"), table_name="journal_entry")
    op.drop_index(op.f("ix_journal_entry_period_id"), table_name="journal_entry")
    op.drop_index(op.f("ix_journal_entry_number"), table_name="journal_entry")
    op.drop_index(op.f("ix_journal_entry_journal_id"), table_name="journal_entry")
    op.drop_index(op.f("ix_journal_entry_company_id"), table_name="journal_entry")
    op.drop_table("journal_entry")
    op.drop_index(op.f("ix_fiscal_period_year_id"), table_name="fiscal_period")
    op.drop_table("fiscal_period")
    op.drop_index("ledger_lock_newest", table_name="ledger_lock")
    op.drop_table("ledger_lock")
    op.drop_table("journal")
    op.drop_table("fiscal_year")
    op.drop_index(op.f("ix_account_parent_id"), table_name="account")
    op.drop_table("account")
