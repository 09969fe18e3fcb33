with held as (
    select id from location where kind in ('internal', 'transit')
),
flow as (
    select product_id, moved_on, quantity, value, to_branch_id as branch_id, 1 as sign, false as sold
    from stock_move
    where moved_on <= :period_to and to_location_id in (select id from held) and from_location_id not in (select id from held)
    union all
    select m.product_id, m.moved_on, m.quantity, m.value, m.from_branch_id, -1, target.kind in ('customer', 'production')
    from stock_move m
    join location target on target.id = m.to_location_id
    where m.moved_on <= :period_to and m.from_location_id in (select id from held) and target.kind not in ('internal', 'transit')
),
counted as (
    select
        product_id,
        coalesce(sum(quantity) filter (where sold and moved_on >= :period_from), 0) as sold,
        coalesce(sum(value) filter (where sold and moved_on >= :period_from), 0) as cost,
        (coalesce(sum(sign * value) filter (where moved_on < :period_from), 0) + sum(sign * value)) / 2 as average_value
    from flow
    where {branches flow.branch_id}
    group by product_id
)
select
    product.id as product_id,
    category.name as category,
    product.name,
    counted.sold,
    counted.cost,
    counted.average_value,
    counted.cost / nullif(counted.average_value, 0) as turns,
    round((:period_to - :period_from + 1) * counted.average_value / nullif(counted.cost, 0))::int as days
from counted
join product on product.id = counted.product_id
left join product_category category on category.id = product.category_id
where (counted.cost <> 0 or counted.average_value <> 0)
    and (:category_id is null or product.category_id = :category_id)
