with sold as (
    select l.product_id, l.description, l.quantity, l.net, l.tax, l.cost
    from sale s
    join sale_line l on l.tenant_id = s.tenant_id and l.document_id = s.id
    where s.sold_on between :period_from and :period_to and {branches s.branch_id}
    union all
    select l.product_id, l.description, -l.quantity, -l.net, -l.tax, -l.cost
    from sale_refund r
    join sale_refund_line l on l.tenant_id = r.tenant_id and l.document_id = r.id
    where r.refunded_on between :period_from and :period_to and {branches r.branch_id}
)
select
    product.id as product_id,
    coalesce(product.name, sold.description) as name,
    category.name as category,
    sum(sold.quantity) as quantity,
    sum(sold.net) as net,
    sum(sold.tax) as tax,
    sum(sold.cost) as cost,
    sum(sold.net - sold.cost) as margin,
    sum(sold.net - sold.cost) / nullif(sum(sold.net), 0) as rate
from sold
left join product on product.id = sold.product_id
left join product_category category on category.id = product.category_id
where (:category_id is null or product.category_id = :category_id)
group by product.id, coalesce(product.name, sold.description), category.name
