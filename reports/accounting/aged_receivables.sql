with line as (
    select l.id, l.tenant_id, l.document_id, l.party_id, l.due_on, l.branch_id, l.amount as amount, e.entry_date, e.number,
        e.text, e.source_type, e.source_id
    from account a
    join journal_line l on l.tenant_id = a.tenant_id and l.account_id = a.id
    join journal_entry e on e.tenant_id = l.tenant_id and e.id = l.document_id
    where a.use = 'receivable'
        and e.entry_date <= :day
        and (:party_id is null or l.party_id = :party_id)
        and {branches l.branch_id}
),
settled as (
    -- what was settled counts from the day of the later of the two entries, whenever somebody noted it
    select line.id, sum(line.sign * allocated.amount) as amount
    from (select id, sign(amount) as sign from line) line
    join allocation allocated
        on (line.sign > 0 and allocated.debit_line_id = line.id) or (line.sign < 0 and allocated.credit_line_id = line.id)
    join journal_line d on d.id = allocated.debit_line_id
    join journal_entry de on de.id = d.document_id
    join journal_line c on c.id = allocated.credit_line_id
    join journal_entry ce on ce.id = c.document_id
    where greatest(de.entry_date, ce.entry_date) <= :day
    group by line.id
),
open as (
    select
        line.*,
        line.amount - coalesce(settled.amount, 0) as open,
        :day - coalesce(line.due_on, line.entry_date) as days
    from line
    left join settled on settled.id = line.id
)
select
    p.name as party,
    p.id as party_key,
    coalesce(nullif(open.text, ''), open.number) as text,
    open.source_type,
    open.source_id,
    open.document_id as entry_id,
    open.entry_date,
    open.due_on,
    open.open,
    case when days <= 0 then open.open end as not_due,
    case when days between 1 and 30 then open.open end as days_30,
    case when days between 31 and 60 then open.open end as days_60,
    case when days between 61 and 90 then open.open end as days_90,
    case when days > 90 then open.open end as older
from open
left join party p on p.id = open.party_id
where open.open <> 0
