select 'sale' as kind, s.id as document_id, s.sold_at as at, s.number, p.name as customer, s.employee, s.subtotal as net, s.tax, s.total
from sale s
left join party p on p.id = s.customer_id
where s.sold_on = :day and {branches s.branch_id}
union all
select 'sale_refund', r.id, r.refunded_at, r.number, p.name, r.employee, -r.subtotal, -r.tax, -r.total
from sale_refund r
left join party p on p.id = r.customer_id
where r.refunded_on = :day and {branches r.branch_id}
