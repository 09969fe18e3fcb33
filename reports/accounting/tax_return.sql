select
    t.id as tax_id,
    case when a.use = 'tax_receivable' then 'b_purchases' else 'a_sales' end as side,
    c.name as category,
    t.name as tax,
    t.rate / 100 as rate,
    count(distinct l.document_id) as entries,
    -sum(l.tax_base) as base,
    -sum(l.amount) as amount
from journal_entry e
join journal_line l on l.tenant_id = e.tenant_id and l.document_id = e.id
join account a on a.id = l.account_id
join tax t on t.id = l.tax_id
join tax_category c on c.id = t.category_id
where e.entry_date between :period_from and :period_to
    and {branches l.branch_id}
group by t.id, 2, c.name, t.name, t.rate
