select
    d.id as case_id,
    d.number,
    p.name as customer,
    p.id as customer_id,
    (d.created_at at time zone :timezone)::date as begun_on,
    d.level,
    d.reminded_on,
    d.owed,
    d.state,
    d.outcome
from dunning_case d
join party p on p.id = d.customer_id
where d.created_at >= :period_begin
    and d.created_at < :period_end
    and {branches d.branch_id}
