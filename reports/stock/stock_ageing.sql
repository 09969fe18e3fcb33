with held as (
    select id from location where kind in ('internal', 'transit')
),
moved as (
    select product_id, moved_on, id, quantity, to_branch_id as branch_id, true as came
    from stock_move
    where moved_on <= :day and to_location_id in (select id from held) and from_location_id not in (select id from held)
    union all
    select product_id, moved_on, id, quantity, from_branch_id, false
    from stock_move
    where moved_on <= :day and from_location_id in (select id from held) and to_location_id not in (select id from held)
),
level as (
    select product_id, sum(case when came then quantity else -quantity end) as quantity
    from moved
    where {branches moved.branch_id}
    group by product_id
),
receipt as (
    select
        product_id,
        moved_on,
        quantity,
        sum(quantity) over (partition by product_id order by moved_on desc, id desc) - quantity as newer
    from moved
    where came and {branches moved.branch_id}
),
lying as (
    -- of each receipt, newest first, as much is left as later ones do not make up
    select
        receipt.product_id,
        :day - receipt.moved_on as days,
        least(receipt.quantity, level.quantity - receipt.newer) as quantity
    from receipt
    join level on level.product_id = receipt.product_id
    where level.quantity > receipt.newer
)
select
    product.id as product_id,
    category.name as category,
    product.name,
    sum(lying.quantity) as quantity,
    sum(lying.quantity) filter (where days <= 30) as days_30,
    sum(lying.quantity) filter (where days between 31 and 90) as days_90,
    sum(lying.quantity) filter (where days between 91 and 180) as days_180,
    sum(lying.quantity) filter (where days between 181 and 365) as days_365,
    sum(lying.quantity) filter (where days > 365) as older,
    round(sum(lying.quantity * days) / sum(lying.quantity))::int as average_days
from lying
join product on product.id = lying.product_id
left join product_category category on category.id = product.category_id
where (:category_id is null or product.category_id = :category_id)
group by product.id, category.name, product.name
