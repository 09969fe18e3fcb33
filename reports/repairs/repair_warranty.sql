select
    o.id as order_id,
    o.number,
    (o.ready_at at time zone :timezone)::date as ready_on,
    p.name as customer,
    o.item,
    o.warranty_decision as decision,
    o.covered_amount as covered,
    o.currency
from repair_order o
join party p on p.id = o.customer_id
where o.ready_at >= :period_begin
    and o.ready_at < :period_end
    and o.covered_amount > 0
    and {branches o.branch_id}
