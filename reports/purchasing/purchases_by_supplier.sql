select
    party.name as supplier,
    party.id as party_id,
    coalesce(product.name, supplier_bill_line.description) as product,
    sum(supplier_bill_line.quantity) as quantity,
    count(distinct supplier_bill.id) as bills,
    supplier_bill.currency,
    sum(supplier_bill_line.net) as net
from supplier_bill
join supplier_bill_line
    on supplier_bill_line.tenant_id = supplier_bill.tenant_id and supplier_bill_line.document_id = supplier_bill.id
join party on party.tenant_id = supplier_bill.tenant_id and party.id = supplier_bill.supplier_id
left join product
    on product.tenant_id = supplier_bill_line.tenant_id and product.id = supplier_bill_line.product_id
where supplier_bill.company_id = :company
    and supplier_bill.posted_on between :period_from and :period_to
    and (:supplier_id is null or supplier_bill.supplier_id = :supplier_id)
    and {branches supplier_bill.branch_id}
group by party.id, party.name, coalesce(product.name, supplier_bill_line.description), supplier_bill.currency
