select
    product.name as product,
    product.id as own_id,
    party.name as supplier,
    party.id as party_id,
    priced.number,
    priced.order_id,
    priced.ordered_on,
    priced.currency,
    priced.before,
    priced.after,
    round((priced.after - priced.before) * 100 / nullif(priced.before, 0), 1) as percent
from (
    select
        one.tenant_id,
        one.product_id,
        head.supplier_id,
        head.branch_id,
        head.number,
        head.id as order_id,
        (head.created_at at time zone :timezone)::date as ordered_on,
        head.currency,
        one.unit_price as after,
        lag(one.unit_price) over (
            partition by one.product_id, one.uom_id, head.supplier_id, head.currency order by head.id, one.position
        ) as before
    from purchase_order_line as one
    join purchase_order as head on head.tenant_id = one.tenant_id and head.id = one.document_id
    where head.company_id = :company and one.product_id is not null
        and head.passed_states @> '["approved"]'
) as priced
join product on product.tenant_id = priced.tenant_id and product.id = priced.product_id
join party on party.tenant_id = priced.tenant_id and party.id = priced.supplier_id
where priced.before <> priced.after
    and priced.ordered_on between :period_from and :period_to
    and (:product_id is null or priced.product_id = :product_id)
    and {branches priced.branch_id}
