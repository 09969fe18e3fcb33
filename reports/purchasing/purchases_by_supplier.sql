select
    party.name as supplier,
    party.id as party_id,
    coalesce(product.name, told.description) as product,
    sum(told.quantity) as quantity,
    count(distinct told.bill_id) as bills,
    told.currency,
    sum(told.billed) as billed,
    sum(told.credited) as credited,
    sum(told.billed - told.credited) as net
from (
    select head.tenant_id, head.supplier_id, head.currency, head.id as bill_id, line.product_id, line.description,
        line.quantity, line.net as billed, 0 as credited
    from supplier_bill as head
    join supplier_bill_line as line on line.tenant_id = head.tenant_id and line.document_id = head.id
    where head.company_id = :company
        and head.posted_on between :period_from and :period_to
        and {branches head.branch_id}
    union all
    select head.tenant_id, head.supplier_id, head.currency, null, line.product_id, line.description,
        case when line.reason in ('returned', 'missing') then -line.quantity else 0 end, 0, line.net
    from supplier_credit_note as head
    join supplier_credit_note_line as line on line.tenant_id = head.tenant_id and line.document_id = head.id
    where head.company_id = :company
        and head.posted_on between :period_from and :period_to
        and {branches head.branch_id}
) as told
join party on party.tenant_id = told.tenant_id and party.id = told.supplier_id
left join product on product.tenant_id = told.tenant_id and product.id = told.product_id
where (:supplier_id is null or told.supplier_id = :supplier_id)
group by party.id, party.name, coalesce(product.name, told.description), told.currency
