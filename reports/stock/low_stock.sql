select
    place.id as location_id,
    place.name as place,
    product.id as product_id,
    product.name,
    product.code,
    shortage.raised_at as since,
    coalesce(held.quantity, 0) as quantity,
    coalesce(held.reserved, 0) as reserved,
    coalesce(held.quantity - held.reserved, 0) as available,
    1 as products
from stock_shortage shortage
join location place on place.id = shortage.location_id
join product on product.id = shortage.product_id
left join lateral (
    select sum(level.quantity) as quantity, sum(level.reserved) as reserved
    from stock_level level
    where level.product_id = shortage.product_id and level.location_id = shortage.location_id
) held on true
where shortage.resolved_at is null
    and {branches place.branch_id}
