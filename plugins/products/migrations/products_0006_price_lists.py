"""Price lists, and the history of every price, written by the database itself."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "products_0006"
down_revision = "products_0005"
branch_labels = None
depends_on = "parties"

TARGETS = (("product_id", "product"), ("family_id", "product_family"), ("category_id", "product_category"))
OF_PRODUCT = """
create function price_changed_of_product() returns trigger language plpgsql set search_path = pg_catalog, public, pg_temp
as $$ begin
  insert into price_change (tenant_id, product_id, from_quantity, old_price, new_price, currency, version, created_at,
    created_by, updated_at, updated_by, extra)
  values (new.tenant_id, new.id, 0, old.unit_price, new.unit_price, '', 1, new.updated_at, new.updated_by,
    new.updated_at, new.updated_by, '{}');
  return null;
end $$;
create trigger price_changed after update of unit_price on product for each row
when (old.unit_price is distinct from new.unit_price) execute function price_changed_of_product();
"""
OF_LINE = """
create function price_changed_of_list() returns trigger language plpgsql set search_path = pg_catalog, public, pg_temp
as $$ begin
  if tg_op = 'UPDATE' and old.price is not distinct from new.price and old.percent_off = new.percent_off then
    return null;
  end if;
  insert into price_change (tenant_id, product_id, family_id, category_id, price_list_id, from_quantity, old_price,
    new_price, old_percent, new_percent, currency, version, created_at, created_by, updated_at, updated_by, extra)
  select new.tenant_id, new.product_id, new.family_id, new.category_id, new.price_list_id, new.from_quantity,
    case when tg_op = 'UPDATE' then old.price end, new.price,
    case when tg_op = 'UPDATE' and old.price is null then old.percent_off end,
    case when new.price is null then new.percent_off end,
    price_list.currency, 1, new.updated_at, new.updated_by, new.updated_at, new.updated_by, '{}'
  from price_list where price_list.tenant_id = new.tenant_id and price_list.id = new.price_list_id;
  return null;
end $$;
create trigger price_changed after insert or update of price, percent_off on price_list_line for each row
execute function price_changed_of_list();
"""


def upgrade() -> None:
    _record(
        "price_list",
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("currency", sa.String(40), nullable=False),
        sa.Column("is_default", sa.Boolean(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        *_days(),
        sa.Column("note", sa.String(200), nullable=True),
        _id("branch_id", nullable=True),
        _key("branch_id", "branch"),
        sa.UniqueConstraint("tenant_id", "name"),
        sa.CheckConstraint("valid_until is null or valid_until >= valid_from", name="price_list_valid_until_later"),
    )
    _price_list_line()
    op.create_table(
        "party_prices", *_scope(), _id("price_list_id", nullable=True), _id("record_id"),
        _key("record_id", "party", ondelete="CASCADE"), _key("price_list_id", "price_list"),
        sa.UniqueConstraint("tenant_id", "record_id"),
    )  # fmt: skip
    op.create_index(op.f("ix_party_prices_price_list_id"), "party_prices", ["price_list_id"])
    _price_change()
    op.execute(OF_PRODUCT)
    op.execute(OF_LINE)


def _price_list_line() -> None:
    _record(
        "price_list_line",
        _id("price_list_id"),
        *(_id(name, nullable=True) for name, _target in TARGETS),
        sa.Column("from_quantity", sa.Numeric(18, 6), nullable=False),
        sa.Column("price", sa.Numeric(19, 4), nullable=True),
        sa.Column("percent_off", sa.Numeric(18, 6), nullable=False),
        *_days(),
        sa.Column("note", sa.String(200), nullable=True),
        _key("price_list_id", "price_list"),
        *(_key(*each) for each in TARGETS),
        sa.CheckConstraint("price >= 0", name="price_list_line_price_positive"),
        sa.CheckConstraint("percent_off between 0 and 100", name="price_list_line_percent_off_within"),
        sa.CheckConstraint("price is null or percent_off = 0", name="price_list_line_percent_off_or_price"),
        sa.CheckConstraint("from_quantity >= 0", name="price_list_line_from_quantity_positive"),
        sa.CheckConstraint("num_nonnulls(product_id, family_id, category_id) <= 1", name="price_list_line_product_one"),
        sa.CheckConstraint("valid_until is null or valid_until >= valid_from", name="price_list_line_valid_until"),
    )
    for name in ("price_list_id", *(name for name, _target in TARGETS)):
        op.create_index(op.f(f"ix_price_list_line_{name}"), "price_list_line", [name])
    op.create_index("price_list_line_product", "price_list_line", ["tenant_id", "product_id", "price_list_id"])


def _price_change() -> None:
    _record(
        "price_change",
        *(_id(name, nullable=True) for name, _target in TARGETS),
        _id("price_list_id", nullable=True),
        sa.Column("from_quantity", sa.Numeric(18, 6), nullable=False),
        sa.Column("old_price", sa.Numeric(19, 4), nullable=True),
        sa.Column("new_price", sa.Numeric(19, 4), nullable=True),
        sa.Column("old_percent", sa.Numeric(18, 6), nullable=True),
        sa.Column("new_percent", sa.Numeric(18, 6), nullable=True),
        sa.Column("currency", sa.String(3), nullable=False),
        *(_key(*each) for each in TARGETS),
        _key("price_list_id", "price_list"),
    )
    for name in ("price_list_id", *(name for name, _target in TARGETS)):
        op.create_index(op.f(f"ix_price_change_{name}"), "price_change", [name])
    op.create_index("price_change_of_product", "price_change", ["tenant_id", "product_id", "id"])


def _days() -> tuple[sa.Column[object], ...]:
    return tuple(sa.Column(name, sa.Date(), nullable=True) for name in ("valid_from", "valid_until"))


def _id(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=nullable)


def _key(column: str, target: str, ondelete: str | None = None) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["tenant_id", column], [f"{target}.tenant_id", f"{target}.id"], ondelete=ondelete)


def _scope() -> tuple[sa.schema.SchemaItem, ...]:
    return (
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("tenant_id", "id"),
    )


def _record(name: str, *items: sa.schema.SchemaItem) -> None:
    op.create_table(
        name,
        *_scope(),
        *items,
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(200), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_by", sa.String(200), nullable=False),
        sa.Column("extra", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    )


def downgrade() -> None:
    op.execute("drop trigger price_changed on product")
    op.execute("drop trigger price_changed on price_list_line")
    for name in ("price_changed_of_product", "price_changed_of_list"):
        op.execute(f"drop function {name}()")
    for name in ("price_change", "party_prices", "price_list_line", "price_list"):
        op.drop_table(name)
