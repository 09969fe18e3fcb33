select
    day,
    till,
    tender,
    count(*) filter (where amount > 0) as sales,
    sum(greatest(amount, 0)) as taken,
    sum(greatest(-amount, 0)) as given,
    sum(amount) as "left"
from (
    select sale.sold_on as day, terminal.name as till, tender.kind as tender, tender.amount, sale.branch_id
    from pos_sale
    join terminal on terminal.tenant_id = pos_sale.tenant_id and terminal.id = pos_sale.terminal_id
    join sale on sale.tenant_id = pos_sale.tenant_id and sale.id = pos_sale.sale_id
    join sale_tender tender on tender.tenant_id = sale.tenant_id and tender.document_id = sale.id
    union all
    select back.refunded_on, terminal.name, tender.kind, -tender.amount, back.branch_id
    from pos_sale
    join terminal on terminal.tenant_id = pos_sale.tenant_id and terminal.id = pos_sale.terminal_id
    join sale_refund back on back.tenant_id = pos_sale.tenant_id and back.id = pos_sale.refund_id
    join sale_refund_tender tender on tender.tenant_id = back.tenant_id and tender.document_id = back.id
) paid
where day between :period_from and :period_to and {branches paid.branch_id}
group by day, till, tender
