with item as (
    select open_item.*, open_item.open as owed, e.entry_date, e.number, e.text, e.source_type, e.source_id,
        :day - coalesce(open_item.due_on, e.entry_date) as days
    from ledger_open_items('receivable', :day) open_item
    join journal_entry e on e.id = open_item.entry_id
    where (:party_id is null or open_item.party_id = :party_id)
        and {branches open_item.branch_id}
)
select
    p.name as party,
    p.id as party_key,
    coalesce(nullif(item.text, ''), item.number) as text,
    item.source_type,
    item.source_id,
    item.entry_id,
    item.entry_date,
    item.due_on,
    item.owed as open,
    case when days <= 0 then owed end as not_due,
    case when days between 1 and 30 then owed end as days_30,
    case when days between 31 and 60 then owed end as days_60,
    case when days between 61 and 90 then owed end as days_90,
    case when days > 90 then owed end as older
from item
left join party p on p.id = item.party_id
