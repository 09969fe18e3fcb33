with tender as (
    select t.kind, t.amount as paid, 0 as given_back
    from sale s
    join sale_tender t on t.tenant_id = s.tenant_id and t.document_id = s.id
    where s.sold_on between :period_from and :period_to and {branches s.branch_id}
    union all
    select t.kind, 0, t.amount
    from sale_refund r
    join sale_refund_tender t on t.tenant_id = r.tenant_id and t.document_id = r.id
    where r.refunded_on between :period_from and :period_to and {branches r.branch_id}
)
select
    kind as tender,
    count(*) filter (where paid <> 0) as payments,
    sum(paid) as paid,
    sum(given_back) as given_back,
    sum(paid - given_back) as kept
from tender
group by kind
