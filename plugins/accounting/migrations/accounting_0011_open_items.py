"""What was open at the end of a day, line by line, for what is owed by its age."""

from alembic import op

revision = "accounting_0011"
down_revision = "accounting_0010"
branch_labels = None
depends_on = None

OPEN_ITEMS = """
create function ledger_open_items(of_use text, day date)
returns table (
  line_id bigint, entry_id bigint, account_id bigint, party_id bigint, branch_id bigint, due_on date, open numeric
)
language sql stable as $$
  with line as (
    select l.id, l.document_id, l.account_id, l.party_id, l.branch_id, l.due_on, l.amount
    from account a
    join journal_line l on l.tenant_id = a.tenant_id and l.account_id = a.id
    join journal_entry e on e.tenant_id = l.tenant_id and e.id = l.document_id
    where a.use = of_use and e.entry_date <= day
  ),
  settled as (
    -- what was settled counts from the day of the later of the two entries, whenever somebody noted it
    select line.id, sum(sign(line.amount) * allocated.amount) as amount
    from line
    join allocation allocated
      on (line.amount > 0 and allocated.debit_line_id = line.id)
      or (line.amount < 0 and allocated.credit_line_id = line.id)
    join journal_line d on d.id = allocated.debit_line_id
    join journal_entry de on de.id = d.document_id
    join journal_line c on c.id = allocated.credit_line_id
    join journal_entry ce on ce.id = c.document_id
    where greatest(de.entry_date, ce.entry_date) <= day
    group by line.id
  )
  select line.id, line.document_id, line.account_id, line.party_id, line.branch_id, line.due_on,
    line.amount - coalesce(settled.amount, 0)
  from line
  left join settled on settled.id = line.id
  where line.amount <> coalesce(settled.amount, 0)
$$
"""


def upgrade() -> None:
    op.execute(OPEN_ITEMS)


def downgrade() -> None:
    op.execute("drop function ledger_open_items(text, date)")
