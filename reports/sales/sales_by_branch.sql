with sold as (
    select s.id, s.sold_on as day, s.branch_id, s.customer_id, s.employee, s.country, s.channel, 1 as sign, s.subtotal, s.tax, s.total, s.cost
    from sale s
    where s.sold_on between :period_from and :period_to and {branches s.branch_id}
    union all
    select r.id, r.refunded_on, r.branch_id, r.customer_id, r.employee, r.country, r.channel, -1, r.subtotal, r.tax, r.total, r.cost
    from sale_refund r
    where r.refunded_on between :period_from and :period_to and {branches r.branch_id}
)
select
    branch.name as branch,
    count(*) filter (where sign > 0) as sales,
    count(*) filter (where sign < 0) as refunds,
    sum(sign * subtotal) as net,
    sum(sign * tax) as tax,
    sum(sign * total) as total,
    sum(sign * cost) as cost,
    sum(sign * (subtotal - cost)) as margin,
    sum(sign * (subtotal - cost)) / nullif(sum(sign * subtotal), 0) as rate
from sold
left join branch on branch.id = sold.branch_id
group by branch.name
