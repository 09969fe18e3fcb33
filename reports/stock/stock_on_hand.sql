select
    place.id as location_id,
    place.name as place,
    product.id as product_id,
    product.name,
    product.code,
    lot.code as lot,
    lot.expires_on,
    unit.name as uom,
    level.quantity,
    level.reserved,
    level.quantity - level.reserved as available
from stock_level level
join location place on place.id = level.location_id
join product on product.id = level.product_id
join unit on unit.id = product.uom_id
left join lot on lot.id = level.lot_id
where (level.quantity <> 0 or level.reserved <> 0)
    and (:location_key is null or level.location_id = :location_key)
    and (:category_id is null or product.category_id = :category_id)
    and {branches place.branch_id}
