"""Two prices of one list for the same thing and quantity never hold on the same day, however they come in."""

from alembic import op

revision = "products_0007"
down_revision = "products_0006"
branch_labels = None
depends_on = None

ONCE = """
create function price_holds_once() returns trigger language plpgsql set search_path = pg_catalog, public, pg_temp
as $$ begin
  perform 1 from price_list where tenant_id = new.tenant_id and id = new.price_list_id for update;
  if exists (
    select 1 from price_list_line other
    where other.tenant_id = new.tenant_id and other.price_list_id = new.price_list_id and other.id <> new.id
      and other.product_id is not distinct from new.product_id and other.family_id is not distinct from new.family_id
      and other.category_id is not distinct from new.category_id and other.from_quantity = new.from_quantity
      and daterange(other.valid_from, other.valid_until, '[]') && daterange(new.valid_from, new.valid_until, '[]')
      and not exists (
        select 1 from archived where archived.tenant_id = other.tenant_id and document_type = 'price_list_line'
          and row_id = other.id
      )
  ) then
    raise exception 'Two prices would hold at once.'
      using errcode = 'exclusion_violation', constraint = 'price_list_line_valid_from_once';
  end if;
  return new;
end $$;
create trigger price_holds_once before insert or update of price_list_id, product_id, family_id, category_id,
  from_quantity, valid_from, valid_until on price_list_line for each row execute function price_holds_once();
"""


def upgrade() -> None:
    op.execute(ONCE)


def downgrade() -> None:
    op.execute("drop trigger price_holds_once on price_list_line")
    op.execute("drop function price_holds_once()")
