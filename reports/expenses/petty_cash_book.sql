with line as (
    select f.id as box_id, f.name as box, l.id as line_id, e.entry_date as entry_on, e.number, e.text, e.source_type,
        e.source_id, l.debit as came, l.credit as went,
        sum(l.amount) over (partition by f.id order by e.entry_date, l.id) as held
    from petty_cash_float f
    join journal_line l on l.tenant_id = f.tenant_id and l.account_id = f.account_id
    join journal_entry e on e.tenant_id = l.tenant_id and e.id = l.document_id
    where e.entry_date <= :period_to and {branches l.branch_id}
)
select * from line where entry_on >= :period_from
