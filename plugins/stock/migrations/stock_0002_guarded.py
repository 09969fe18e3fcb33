"""What the database itself holds of moves, whoever writes them: no day that is locked."""

from alembic import op

revision = "stock_0002"
down_revision = "stock_0010"
branch_labels = None
depends_on = "accounting_0002"

MOVE_ADDED = """
create function stock_move_added() returns trigger
language plpgsql set search_path = pg_catalog, public, pg_temp as $$
declare
  wrong record;
begin
  -- who moves goods shares this with all who post; who locks a period waits for them
  perform ledger_keep_still(tenant_id, false) from (select distinct tenant_id from added) as tenants;
  select m.moved_on, ledger_locked_until(m.tenant_id, '{}') as until into wrong
    from (select tenant_id, min(moved_on) as moved_on from added group by tenant_id) m
    where m.moved_on <= ledger_locked_until(m.tenant_id, '{}') limit 1;
  if found then
    raise exception 'move of % is locked: the ledger is locked until %', wrong.moved_on, wrong.until
      using errcode = '23514', constraint = 'stock_move_moved_on_locked', table = 'stock_move';
  end if;
  return null;
end $$
"""


def upgrade() -> None:
    op.execute(MOVE_ADDED)
    op.execute(
        "create trigger stock_move_added after insert on stock_move"
        " referencing new table as added for each statement execute function stock_move_added()"
    )


def downgrade() -> None:
    op.execute("drop trigger stock_move_added on stock_move")
    op.execute("drop function stock_move_added()")
