"""What accounts came to between two days, for statements; which part of the cash flow an account belongs to."""

import sqlalchemy as sa
from alembic import op

revision = "accounting_0010"
down_revision = "accounting_0003"
branch_labels = None
depends_on = None

LEDGER_SUMS = """
create function ledger_sums(first date, last date)
returns table (account_id bigint, branch_id bigint, debit numeric, credit numeric)
language sql stable as $$
  -- periods that lie wholly between the two days, as they were folded
  select b.account_id, b.branch_id, b.debit, b.credit
    from fiscal_period p
    join ledger_balance b on b.tenant_id = p.tenant_id and b.period_id = p.id
    where (first is null or p.starts_on >= first) and p.ends_on <= last
  union all
  -- what waits to be folded into them
  select l.account_id, l.branch_id, l.debit, l.credit
    from ledger_unfolded u
    join journal_entry e on e.tenant_id = u.tenant_id and e.id = u.entry_id
    join fiscal_period p on p.tenant_id = e.tenant_id and p.id = e.period_id
    join journal_line l on l.tenant_id = e.tenant_id and l.document_id = e.id
    where (first is null or p.starts_on >= first) and p.ends_on <= last
  union all
  -- the lines of periods one of the two days cuts
  select l.account_id, l.branch_id, l.debit, l.credit
    from fiscal_period p
    join journal_entry e on e.tenant_id = p.tenant_id and e.period_id = p.id
    join journal_line l on l.tenant_id = e.tenant_id and l.document_id = e.id
    where p.ends_on >= coalesce(first, p.ends_on) and p.starts_on <= last
      and (p.starts_on < first or p.ends_on > last)
      and e.entry_date >= coalesce(first, e.entry_date) and e.entry_date <= last
$$
"""


def upgrade() -> None:
    op.add_column("account", sa.Column("cash_flow", sa.String(40), nullable=True))
    op.execute(LEDGER_SUMS)


def downgrade() -> None:
    op.execute("drop function ledger_sums(date, date)")
    op.drop_column("account", "cash_flow")
