select
    sale.employee as cashier,
    count(distinct sale.id) as sales,
    count(*) as lines,
    sum(line.quantity * line.unit_price) as full,
    sum(line.quantity * line.unit_price * line.discount / 100) as off,
    sum(line.quantity * line.unit_price * line.discount / 100)
        / nullif(sum(line.quantity * line.unit_price), 0) as rate
from pos_sale
join sale on sale.tenant_id = pos_sale.tenant_id and sale.id = pos_sale.sale_id
join sale_line line on line.tenant_id = sale.tenant_id and line.document_id = sale.id
where line.discount > 0 and sale.sold_on between :period_from and :period_to and {branches sale.branch_id}
group by sale.employee
