select
    e.id as entry_id,
    e.entry_date,
    e.number,
    e.text,
    e.source_type,
    e.source_id,
    p.name as party,
    t.name as tax,
    -l.tax_base as base,
    -l.amount as amount
from journal_entry e
join journal_line l on l.tenant_id = e.tenant_id and l.document_id = e.id
join tax t on t.id = l.tax_id
left join party p on p.id = l.party_id
where e.entry_date between :period_from and :period_to
    and (:tax_id is null or l.tax_id = :tax_id)
    and {branches l.branch_id}
