"""What the database itself holds of matches, whoever writes them: both sides come to the same, of one account."""

from alembic import op

revision = "banking_0002"
down_revision = "banking_0001"
branch_labels = None
depends_on = None

RECONCILED = """
create function reconciled_line_added() returns trigger
language plpgsql set search_path = pg_catalog, public, pg_temp as $$
declare
  wrong record;
begin
  select a.id into wrong
    from added a
    join reconciliation r on r.tenant_id = a.tenant_id and r.id = a.reconciliation_id
    join bank_account b on b.tenant_id = r.tenant_id and b.id = r.bank_account_id
    left join bank_statement_line s on s.tenant_id = a.tenant_id and s.id = a.statement_line_id
    left join journal_line j on j.tenant_id = a.tenant_id and j.id = a.journal_line_id
    where (s.id is not null and (s.bank_account_id <> b.id or s.key is null or s.amount <> a.amount))
      or (j.id is not null and (
        j.account_id <> b.account_id or a.amount not in (j.amount, coalesce(j.currency_amount, j.amount))
      ))
    limit 1;
  if found then
    raise exception 'a line that is matched belongs to another account, or is another amount'
      using errcode = '23514', constraint = 'reconciled_line_amount_own', table = 'reconciled_line';
  end if;
  select l.reconciliation_id into wrong
    from reconciled_line l
    join (select distinct tenant_id, reconciliation_id from added) a
      on a.tenant_id = l.tenant_id and a.reconciliation_id = l.reconciliation_id
    group by l.tenant_id, l.reconciliation_id
    having sum(case when l.statement_line_id is null then - l.amount else l.amount end) <> 0 limit 1;
  if found then
    raise exception 'the sides of match % do not come to the same', wrong.reconciliation_id
      using errcode = '23514', constraint = 'reconciled_line_amount_equal', table = 'reconciled_line';
  end if;
  return null;
end $$
"""


def upgrade() -> None:
    op.execute(RECONCILED)
    op.execute(
        "create trigger reconciled_line_added after insert on reconciled_line"
        " referencing new table as added for each statement execute function reconciled_line_added()"
    )


def downgrade() -> None:
    op.execute("drop trigger reconciled_line_added on reconciled_line")
    op.execute("drop function reconciled_line_added()")
