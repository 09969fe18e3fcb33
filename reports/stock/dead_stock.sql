with held as (
    select id from location where kind in ('internal', 'transit')
),
level as (
    select stock_level.product_id, sum(stock_level.quantity) as quantity
    from stock_level
    join location place on place.id = stock_level.location_id
    where place.kind in ('internal', 'transit') and {branches place.branch_id}
    group by stock_level.product_id
    having sum(stock_level.quantity) > 0
),
last as (
    select
        product_id,
        max(moved_on) filter (where from_location_id in (select id from held) and to_location_id not in (select id from held)) as last_out,
        max(moved_on) filter (where to_location_id in (select id from held) and from_location_id not in (select id from held)) as last_in
    from stock_move
    where product_id in (select product_id from level) and quantity > 0
    group by product_id
)
select
    product.id as product_id,
    product.name,
    product.code,
    category.name as category,
    level.quantity,
    level.quantity * cost.value / nullif(cost.quantity, 0) as value,
    last.last_out,
    last.last_in
from level
join product on product.id = level.product_id
left join product_category category on category.id = product.category_id
left join stock_cost cost on cost.product_id = level.product_id
left join last on last.product_id = level.product_id
where coalesce(greatest(last.last_out, last.last_in), '-infinity') < :today - cast(:days as int)
    and coalesce(last.last_out, '-infinity') < :today - cast(:days as int)
    and (:category_id is null or product.category_id = :category_id)
