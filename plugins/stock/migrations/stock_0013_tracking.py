"""How a product is followed stays while some of it is in stock, whoever writes it."""

from alembic import op

revision = "stock_0013"
down_revision = "stock_0012"
branch_labels = None
depends_on = None

TRACKING_KEPT = """
create function product_stock_tracking_kept() returns trigger
language plpgsql set search_path = pg_catalog, public, pg_temp as $$
begin
  if new.tracking = (case when tg_op = 'UPDATE' then old.tracking else 'none' end) then
    return new;
  end if;
  -- who moves goods of the product holds this row until the move is written
  perform from stock_cost c where c.tenant_id = new.tenant_id and c.product_id = new.record_id for update;
  if exists (
    select from stock_level l
    where l.tenant_id = new.tenant_id and l.product_id = new.record_id and (l.quantity <> 0 or l.reserved <> 0)
  ) then
    raise exception 'product % is in stock and stays followed as it is', new.record_id
      using errcode = '23514', constraint = 'product_stock.tracking_kept', table = 'product_stock';
  end if;
  return new;
end $$
"""


def upgrade() -> None:
    op.execute(TRACKING_KEPT)
    op.execute(
        "create trigger product_stock_tracking_kept before insert or update of tracking on product_stock"
        " for each row execute function product_stock_tracking_kept()"
    )


def downgrade() -> None:
    op.execute("drop trigger product_stock_tracking_kept on product_stock")
    op.execute("drop function product_stock_tracking_kept()")
