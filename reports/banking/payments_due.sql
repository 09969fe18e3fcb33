with details as (
    select distinct on (party_id) party_id, number, is_closed from party_bank_account order by party_id, id desc
)
select
    p.name as supplier,
    p.id as party_key,
    coalesce(nullif(line.text, ''), nullif(e.text, ''), e.number) as text,
    e.source_type,
    e.source_id,
    e.id as entry_id,
    coalesce(item.due_on, e.entry_date) as due_on,
    greatest(current_date - coalesce(item.due_on, e.entry_date), 0) as days,
    case when details.is_closed then null else details.number end as paid_to,
    run.number as run,
    run.id as run_id,
    -item.open as open
from ledger_open_items('payable', current_date) item
join journal_entry e on e.id = item.entry_id
join journal_line line on line.id = item.line_id
join party p on p.id = item.party_id
left join details on details.party_id = item.party_id
left join payment_run_line held on held.holds_id = item.line_id
left join payment_run run on run.id = held.document_id
where item.open < 0 and coalesce(item.due_on, e.entry_date) <= :until
    and {branches item.branch_id}
