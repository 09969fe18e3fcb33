"""What is to be ordered is asked so that it is quick whatever the planner knows: rows just brought in are not analysed."""

from alembic import op

revision = "stock_0014"
down_revision = "stock_0013"
branch_labels = None
depends_on = None

VIEW = """
create view stock_proposal with (security_invoker = true) as
with recursive above as (
    select tenant_id, id as category_id, id as above_id, 0 as depth from product_category
    union all
    select above.tenant_id, above.category_id, product_category.parent_id, above.depth + 1
    from above
    join product_category
        on product_category.tenant_id = above.tenant_id and product_category.id = above.above_id
    where product_category.parent_id is not null and above.depth < 8
),
-- A planner that takes every table for empty turns joins round and asks one side again for each row of the other.
-- So what is long is joined by an index from its own row (offset 0 keeps it so) or added up below one another.
fitting as materialized (
    select tenant_id, id as rule_id, product_id, location_id, -1 as depth
    from reorder_rule where product_id is not null
    union all
    select reorder_rule.tenant_id, reorder_rule.id, product.id, reorder_rule.location_id, above.depth
    from reorder_rule
    join above on above.tenant_id = reorder_rule.tenant_id and above.above_id = reorder_rule.category_id
    join product on product.tenant_id = above.tenant_id and product.category_id = above.category_id
    union all
    select reorder_rule.tenant_id, reorder_rule.id, lain.product_id, reorder_rule.location_id, 9
    from reorder_rule
    join (select distinct tenant_id, location_id, product_id from stock_level) as lain
        on lain.tenant_id = reorder_rule.tenant_id and lain.location_id = reorder_rule.location_id
    where reorder_rule.product_id is null and reorder_rule.category_id is null
),
rule as (
    select distinct on (fitting.tenant_id, fitting.product_id, fitting.location_id) fitting.*
    from fitting
    cross join lateral (
        select from product
        where product.tenant_id = fitting.tenant_id and product.id = fitting.product_id
            and product.kind in ('goods', 'part')
        offset 0
    ) as goods
    left join lateral (
        select is_stocked from product_stock
        where product_stock.tenant_id = fitting.tenant_id and product_stock.record_id = fitting.product_id
        offset 0
    ) as own on true
    where own.is_stocked is not false
        and not exists (
            select from archived
            where archived.tenant_id = fitting.tenant_id and archived.document_type = 'reorder_rule'
                and archived.row_id = fitting.rule_id
        )
        and not exists (
            select from archived
            where archived.tenant_id = fitting.tenant_id and archived.document_type = 'product'
                and archived.row_id = fitting.product_id
        )
    order by fitting.tenant_id, fitting.product_id, fitting.location_id, fitting.depth, fitting.rule_id
),
standing as (
    select
        tenant_id, product_id, location_id, max(rule_id) as rule_id, sum(on_hand) as on_hand, sum(reserved) as reserved,
        sum(incoming) as incoming
    from (
        select tenant_id, product_id, location_id, rule_id, 0 as on_hand, 0 as reserved, 0 as incoming from rule
        union all
        select tenant_id, product_id, location_id, null, quantity, reserved, 0 from stock_level
        union all
        select tenant_id, product_id, location_id, null, 0, 0, quantity from stock_reservation where kind = 'incoming'
    ) as every
    group by tenant_id, product_id, location_id
    having max(rule_id) is not null
)
select
    standing.tenant_id, rule_id, standing.product_id, standing.location_id, told.supplier_id, on_hand, reserved, incoming,
    told.minimum, told.maximum, told.lead_days, on_hand - reserved < told.minimum as is_low,
    case when on_hand - reserved + incoming < told.minimum
        then ceil((told.maximum - (on_hand - reserved + incoming)) / told.multiple) * told.multiple else 0 end as suggested
from standing
cross join lateral (
    select supplier_id, minimum + safety_stock as minimum, maximum, multiple, lead_days from reorder_rule
    where reorder_rule.tenant_id = standing.tenant_id and reorder_rule.id = standing.rule_id
    offset 0
) as told
"""


def upgrade() -> None:
    op.execute("drop view stock_proposal")
    _create(VIEW)


def downgrade() -> None:
    op.execute("drop view stock_proposal")
    script = op.get_context().environment_context.script
    _create(script.get_revision("stock_0012").module.VIEW)


def _create(view: str) -> None:
    op.execute(view)
    op.execute("grant select on stock_proposal to millrace_app")
