select
    o.id as order_id,
    o.number,
    p.id as party_id,
    p.name as customer,
    p.phone,
    o.item,
    o.storage,
    (o.ready_at at time zone :timezone)::date as ready_on,
    :today - (o.ready_at at time zone :timezone)::date as days,
    o.reminder_count as reminders,
    o.total,
    o.currency
from repair_order o
join party p on p.id = o.customer_id
where o.ready_at is not null
    and o.collected_at is null
    and o.state = 'ready'
    and :today - (o.ready_at at time zone :timezone)::date >= coalesce(:days_least, 0)
    and {branches o.branch_id}
