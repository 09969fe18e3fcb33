select
    party.name as customer,
    party.id as party_id,
    invoice.id as invoice_id,
    invoice.number,
    invoice.issued_on,
    invoice.due_on,
    invoice.currency,
    invoice.subtotal as net,
    invoice.tax,
    invoice.total
from invoice
join party on party.tenant_id = invoice.tenant_id and party.id = invoice.customer_id
where invoice.company_id = :company
    and invoice.number is not null
    and invoice.issued_on between :period_from and :period_to
    and (:customer_id is null or invoice.customer_id = :customer_id)
    and {branches invoice.branch_id}
