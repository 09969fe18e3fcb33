select
    c.id as claim_id,
    c.number,
    p.name as employee,
    l.spent_on,
    l.description,
    a.code || ' ' || a.name as account,
    l.amount as paid,
    l.tax_amount as tax,
    c.state
from expense_claim c
join expense_claim_line l on l.tenant_id = c.tenant_id and l.document_id = c.id
join account a on a.id = l.account_id
join party p on p.id = c.employee_id
where l.spent_on between :period_from and :period_to
    and (:employee_id is null or c.employee_id = :employee_id)
    and {branches c.branch_id}
