select
    e.id as entry_id,
    e.number,
    e.entry_date,
    j.code as journal,
    coalesce(nullif(l.text, ''), e.text) as text,
    e.source_type,
    e.source_id,
    a.code || ' ' || a.name as account,
    p.name as party,
    l.debit,
    l.credit,
    l.position,
    e.posted_at,
    e.created_by as posted_by
from journal_entry e
join journal j on j.id = e.journal_id
join journal_line l on l.tenant_id = e.tenant_id and l.document_id = e.id
join account a on a.id = l.account_id
left join party p on p.id = l.party_id
where e.entry_date between :period_from and :period_to
    and (:journal_id is null or e.journal_id = :journal_id)
    and {branches l.branch_id}
