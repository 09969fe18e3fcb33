"""What the database itself holds of the ledger, whoever writes to it: screens, imports, processes or SQL."""

from alembic import op

revision = "accounting_0002"
down_revision = "accounting_0001"
branch_labels = None
depends_on = None

HEAD = "language plpgsql set search_path = pg_catalog, public, pg_temp"

LOCKED_UNTIL = """
create function ledger_locked_until(tenant bigint, kinds text[]) returns date
language sql stable set search_path = pg_catalog, public, pg_temp as $$
  select max(until) from (
    select distinct on (kind) until from ledger_lock
    where tenant_id = tenant and kind = any (kinds || array['all', 'final'])
    order by kind, id desc
  ) as newest
$$
"""
"""The last day on which postings of these kinds are refused; all of them are by `all` and `final`."""

KEEP_STILL = """
create function ledger_keep_still(tenant bigint, alone boolean) returns void
{head} as $$
begin
  -- who posts shares this with all who post; who locks waits for them, and is seen by all who come after
  if alone then
    perform pg_advisory_xact_lock(hashtextextended('ledger', tenant));
  else
    perform pg_advisory_xact_lock_shared(hashtextextended('ledger', tenant));
  end if;
end $$
"""

ENTRY_ADDED = """
create function journal_entry_added() returns trigger
{head} as $$
declare
  wrong record;
begin
  perform ledger_keep_still(tenant_id, false) from (select distinct tenant_id from added) as tenants;
  select e.id, e.entry_date, ledger_locked_until(e.tenant_id, array[j.kind]) as until into wrong
    from (select distinct on (tenant_id, journal_id) * from added order by tenant_id, journal_id, entry_date) e
    join journal j on j.tenant_id = e.tenant_id and j.id = e.journal_id
    where e.entry_date <= ledger_locked_until(e.tenant_id, array[j.kind]) limit 1;
  if found then
    raise exception 'entry of % is locked: the ledger is locked until %', wrong.entry_date, wrong.until
      using errcode = '23514', constraint = 'journal_entry_entry_date_locked', table = 'journal_entry';
  end if;
  if exists (
    select 1 from added e left join fiscal_period p
      on p.tenant_id = e.tenant_id and p.id = e.period_id and e.entry_date between p.starts_on and p.ends_on
    where p.id is null
  ) then
    raise exception 'an entry stands in no fiscal period'
      using errcode = '23514', constraint = 'journal_entry_entry_date_period', table = 'journal_entry';
  end if;
  if exists (select 1 from added where posted_in <> pg_current_xact_id()::text::bigint) then
    raise exception 'an entry says it was written by another transaction'
      using errcode = '23514', constraint = 'journal_entry_posted_in', table = 'journal_entry';
  end if;
  insert into ledger_unfolded (tenant_id, entry_id) select tenant_id, id from added;
  return null;
end $$
"""

LINE_ADDED = """
create function journal_line_added() returns trigger
{head} as $$
declare
  wrong record;
begin
  select a.document_id, sum(a.amount) as left_over into wrong
    from added a group by a.tenant_id, a.document_id having sum(a.amount) <> 0 limit 1;
  if found then
    raise exception 'the lines of entry % come to %, not to nothing', wrong.document_id, wrong.left_over
      using errcode = '23514', constraint = 'journal_line_amount_balanced', table = 'journal_line';
  end if;
  if exists (
    select 1 from (select distinct tenant_id, document_id from added) a
      join journal_entry e on e.tenant_id = a.tenant_id and e.id = a.document_id
    where e.posted_in <> pg_current_xact_id()::text::bigint
  ) then
    raise exception 'lines join no entry that was posted before'
      using errcode = '23514', constraint = 'journal_line_entry_posted', table = 'journal_line';
  end if;
  select e.entry_date, ledger_locked_until(e.tenant_id, array['tax']) as until into wrong
    from (
      select a.tenant_id, min(x.entry_date) as entry_date
      from added a join journal_entry x on x.tenant_id = a.tenant_id and x.id = a.document_id
      where a.tax_id is not null group by a.tenant_id
    ) e
    where e.entry_date <= ledger_locked_until(e.tenant_id, array['tax']) limit 1;
  if found then
    raise exception 'entry with tax of % is locked: taxes are locked until %', wrong.entry_date, wrong.until
      using errcode = '23514', constraint = 'journal_line_tax_locked', table = 'journal_line';
  end if;
  return null;
end $$
"""

LOCK_ADDED = """
create function ledger_lock_added() returns trigger
{head} as $$
begin
  perform ledger_keep_still(new.tenant_id, true);
  if new.kind = 'final' and (new.until is null or new.until < (
    select max(until) from ledger_lock where tenant_id = new.tenant_id and kind = 'final'
  )) then
    raise exception 'the final lock only moves forward'
      using errcode = '23514', constraint = 'ledger_lock_until_final', table = 'ledger_lock';
  end if;
  return new;
end $$
"""

PERIOD_ADDED = """
create function fiscal_period_added() returns trigger
{head} as $$
begin
  perform ledger_keep_still(new.tenant_id, true);
  if exists (
    select 1 from fiscal_period p
    where p.tenant_id = new.tenant_id and p.starts_on <= new.ends_on and p.ends_on >= new.starts_on
  ) then
    raise exception 'fiscal periods do not overlap'
      using errcode = '23514', constraint = 'fiscal_period_starts_on_overlaps', table = 'fiscal_period';
  end if;
  return new;
end $$
"""

ALLOCATION_ADDED = """
create function allocation_added() returns trigger
{head} as $$
declare
  debited record;
  credited record;
  taken numeric;
  given numeric;
begin
  perform pg_advisory_xact_lock(hashtextextended('journal_line', least(new.debit_line_id, new.credit_line_id)));
  perform pg_advisory_xact_lock(hashtextextended('journal_line', greatest(new.debit_line_id, new.credit_line_id)));
  select * into debited from journal_line where tenant_id = new.tenant_id and id = new.debit_line_id;
  select * into credited from journal_line where tenant_id = new.tenant_id and id = new.credit_line_id;
  select coalesce(sum(amount), 0) into taken from allocation
    where tenant_id = new.tenant_id and debit_line_id = new.debit_line_id;
  select coalesce(sum(amount), 0) into given from allocation
    where tenant_id = new.tenant_id and credit_line_id = new.credit_line_id;
  if debited.account_id is distinct from credited.account_id
    or taken + new.amount not between 0 and debited.amount
    or given + new.amount not between 0 and - credited.amount
  then
    raise exception 'more would be allocated than is open'
      using errcode = '23514', constraint = 'allocation_amount_open', table = 'allocation';
  end if;
  return new;
end $$
"""

FUNCTIONS = (LOCKED_UNTIL, KEEP_STILL, ENTRY_ADDED, LINE_ADDED, LOCK_ADDED, PERIOD_ADDED, ALLOCATION_ADDED)
STATEMENTS = (
    (
        "create trigger journal_entry_added after insert on journal_entry"
        " referencing new table as added for each statement execute function journal_entry_added()"
    ),
    (
        "create trigger journal_line_added after insert on journal_line"
        " referencing new table as added for each statement execute function journal_line_added()"
    ),
    "create trigger ledger_lock_added before insert on ledger_lock for each row execute function ledger_lock_added()",
    (
        "create trigger fiscal_period_added before insert on fiscal_period"
        " for each row execute function fiscal_period_added()"
    ),
    "create trigger allocation_added before insert on allocation for each row execute function allocation_added()",
)


def upgrade() -> None:
    for function in FUNCTIONS:
        op.execute(function.replace("{head}", HEAD))
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    for table in ("journal_entry", "journal_line", "ledger_lock", "fiscal_period", "allocation"):
        op.execute(f"drop trigger {table}_added on {table}")
        op.execute(f"drop function {table}_added()")
    op.execute("drop function ledger_keep_still(bigint, boolean)")
    op.execute("drop function ledger_locked_until(bigint, text[])")
