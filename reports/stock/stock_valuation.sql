with held as (
    select id from location where kind in ('internal', 'transit')
),
moved as (
    select product_id, quantity, value, to_branch_id as branch_id
    from stock_move
    where moved_on <= :day and to_location_id in (select id from held)
    union all
    select product_id, -quantity, -value, from_branch_id
    from stock_move
    where moved_on <= :day and from_location_id in (select id from held)
),
counted as (
    select product_id, sum(quantity) as quantity, sum(value) as value
    from moved
    where {branches moved.branch_id}
    group by product_id
)
select
    product.id as product_id,
    category.name as category,
    product.name,
    product.code,
    counted.quantity,
    counted.value / nullif(counted.quantity, 0) as unit_cost,
    counted.value
from counted
join product on product.id = counted.product_id
left join product_category category on category.id = product.category_id
where (counted.quantity <> 0 or counted.value <> 0)
    and (:category_id is null or product.category_id = :category_id)
