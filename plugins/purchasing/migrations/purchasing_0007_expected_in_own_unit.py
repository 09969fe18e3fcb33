"""Goods of orders are expected in their product's own unit, as the shelf counts them."""

from alembic import op

revision = "purchasing_0007"
down_revision = "purchasing_0006"
branch_labels = None
depends_on = ["products_0007", "stock_0015"]

# what is to come is told by the orders themselves: a note that is right already stays as it is
CONVERT = """
with told as (
    select
        line.tenant_id, line.order_id, line.line_id::text as line, rest.to_come,
        round(rest.to_come * of.factor * own.per / (of.per * own.factor), own.places) as counted
    from purchase_progress as line
    cross join lateral (select line.ordered - line.accepted + line.returned as to_come) as rest
    join product on product.tenant_id = line.tenant_id and product.id = line.product_id
    join unit as of on of.tenant_id = line.tenant_id and of.id = line.uom_id
    join unit as own on own.tenant_id = line.tenant_id and own.id = product.uom_id
    where of.id <> own.id and of.dimension = own.dimension and of.dimension <> 'other'
)
update stock_reservation as noted set quantity = told.{name}
from told
where noted.kind = 'incoming' and noted.source_type = 'purchase_order' and noted.tenant_id = told.tenant_id
    and noted.source_id = told.order_id and noted.source_line = told.line
    and told.{name} > 0 and noted.quantity <> told.{name}
"""


def upgrade() -> None:
    op.execute(CONVERT.format(name="counted"))


def downgrade() -> None:
    op.execute(CONVERT.format(name="to_come"))
