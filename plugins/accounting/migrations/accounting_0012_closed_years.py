"""What accounts came to without what closing a year took from them: a result is told of the year it was earned in."""

import sqlalchemy as sa
from alembic import op

revision = "accounting_0012"
down_revision = "accounting_0011"
branch_labels = None
depends_on = None

LEDGER_TURNOVER = """
create function ledger_turnover(first date, last date)
returns table (account_id bigint, branch_id bigint, debit numeric, credit numeric)
language sql stable as $$
  select s.account_id, s.branch_id, s.debit, s.credit from ledger_sums(first, last) s
  union all
  select l.account_id, l.branch_id, -l.debit, -l.credit
    from journal_entry e
    join journal_line l on l.tenant_id = e.tenant_id and l.document_id = e.id
    where e.event = 'year_closed' and e.entry_date >= coalesce(first, e.entry_date) and e.entry_date <= last
$$
"""


def upgrade() -> None:
    op.create_index(
        "journal_entry_year_closed", "journal_entry", ["tenant_id", "entry_date"], unique=False,
        postgresql_where=sa.text("event = 'year_closed'"),
    )  # fmt: skip
    op.execute(LEDGER_TURNOVER)


def downgrade() -> None:
    op.execute("drop function ledger_turnover(date, date)")
    op.drop_index("journal_entry_year_closed", table_name="journal_entry")
