select
    transfer.id as transfer_id,
    transfer.number,
    origin.name || ' → ' || target.name as route,
    carrier.name as carrier,
    (transfer.sent_at at time zone :timezone)::date as sent_on,
    :today - (transfer.sent_at at time zone :timezone)::date as days,
    case
        when :today - (transfer.sent_at at time zone :timezone)::date <= 2 then '0–2'
        when :today - (transfer.sent_at at time zone :timezone)::date <= 7 then '3–7'
        when :today - (transfer.sent_at at time zone :timezone)::date <= 14 then '8–14'
        else '15+'
    end as age,
    product.name,
    lot.code as lot,
    line.in_transit,
    line.rejected,
    (line.in_transit + line.rejected) * coalesce(cost.value / nullif(cost.quantity, 0), 0) as worth
from transfer_line line
join transfer on transfer.id = line.document_id
join location origin on origin.id = transfer.from_location_id
join location target on target.id = transfer.to_location_id
join product on product.id = line.product_id
left join lot on lot.id = line.lot_id
left join party carrier on carrier.id = transfer.carrier_id
left join stock_cost cost on cost.product_id = line.product_id
where line.in_transit + line.rejected > 0
    and ({branches transfer.branch_id} or {branches transfer.to_branch_id})
