-- by the direct method: what an entry did to cash is what its other lines say, with the sign turned
with cash as (
    select id from account where use in ('cash', 'bank', 'mobile_money', 'card_clearing')
),
line as (
    select l.document_id, l.account_id, l.branch_id, l.amount, a.cash_flow, a.kind, a.id in (select id from cash) as is_cash
    from journal_entry e
    join journal_line l on l.tenant_id = e.tenant_id and l.document_id = e.id
    join account a on a.id = l.account_id
    where e.entry_date between :period_from and :period_to
),
moved as (
    select line.*, bool_or(is_cash) over (partition by document_id) as of_cash
    from line
),
flow as materialized (
    select s.account_id, s.branch_id, 'before' as section, s.debit - s.credit as amount, true as is_before
    from ledger_sums(null, :period_from - 1) s
    where s.account_id in (select id from cash)
    union all
    select moved.account_id, moved.branch_id, coalesce(moved.cash_flow, case moved.kind when 'equity' then 'financing' else 'operating' end),
        -moved.amount, false
    from moved
    where moved.of_cash and not moved.is_cash
)
select
    a.id as account_id,
    f.section,
    case f.section when 'before' then 1 when 'operating' then 2 when 'investing' then 3 else 4 end as place,
    a.code,
    a.name,
    coalesce(sum(f.amount) filter (where not f.is_before and f.amount > 0), 0) as came,
    coalesce(-sum(f.amount) filter (where not f.is_before and f.amount < 0), 0) as went,
    sum(f.amount) as flow
from flow f
join account a on a.id = f.account_id
where {branches f.branch_id}
group by a.id, a.code, a.name, f.section
having sum(f.amount) <> 0
