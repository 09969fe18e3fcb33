select
    move.id as move_id,
    move.moved_on,
    product.id as product_id,
    product.name,
    lot.code as lot,
    origin.name as came_from,
    target.name as went_to,
    move.quantity,
    move.note,
    nullif(move.source_type, '') as source_type,
    move.source_id
from stock_move move
join product on product.id = move.product_id
join location origin on origin.id = move.from_location_id
join location target on target.id = move.to_location_id
left join lot on lot.id = move.lot_id
where move.moved_on between :period_from and :period_to
    and (:product_key is null or move.product_id = :product_key)
    and (:location_key is null or :location_key in (move.from_location_id, move.to_location_id))
    and exists (
        -- one of its ends is of these branches; an end without any, as a customer is, says nothing beside one that has
        select
        from (values (coalesce(move.from_branch_id, move.to_branch_id)), (coalesce(move.to_branch_id, move.from_branch_id))) side (branch_id)
        where {branches side.branch_id}
    )
