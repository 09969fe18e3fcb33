select
    (payment.paid_at at time zone :timezone)::date as day,
    payment.method,
    payment.currency,
    count(*) as payments,
    sum(payment.paid_amount) as paid,
    sum(payment.refunded_amount) as given_back,
    sum(payment.paid_amount - payment.refunded_amount) as kept
from payment
where payment.company_id = :company
    and payment.paid_at >= :period_begin
    and payment.paid_at < :period_end
    and (:by is null or payment.method = :by)
    and {branches payment.branch_id}
group by 1, 2, 3
