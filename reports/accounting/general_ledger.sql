with year as (
    select coalesce(max(starts_on), :period_from) as starts_on
    from fiscal_year
    where :period_from between starts_on and ends_on
),
before as (
    select s.account_id, sum(s.debit - s.credit) as held
    from year, account a
    join ledger_sums(null, :period_from - 1) s on s.account_id = a.id
    where a.kind in ('asset', 'liability', 'equity')
        and :party_id is null
        and (:account_id is null or a.id = :account_id)
        and {branches s.branch_id}
    group by s.account_id
    union all
    select s.account_id, sum(s.debit - s.credit)
    from year, ledger_sums(year.starts_on, :period_from - 1) s
    join account a on a.id = s.account_id
    where a.kind in ('income', 'expense')
        and :party_id is null
        and (:account_id is null or a.id = :account_id)
        and {branches s.branch_id}
    group by s.account_id
    union all
    select l.account_id, sum(l.amount)
    from journal_line l
    join journal_entry e on e.tenant_id = l.tenant_id and e.id = l.document_id
    where l.party_id = :party_id
        and e.entry_date < :period_from
        and (:account_id is null or l.account_id = :account_id)
        and {branches l.branch_id}
    group by l.account_id
),
line as (
    select account_id, 0 as place, null::date as entry_date, null::bigint as entry_id, null::bigint as line_id,
        null::bigint as party_id, '' as text, 0::numeric as debit, 0::numeric as credit, held as amount
    from before
    where held <> 0
    union all
    select l.account_id, 1, e.entry_date, e.id, l.id, l.party_id, coalesce(nullif(l.text, ''), e.text),
        l.debit, l.credit, l.amount
    from journal_entry e
    join journal_line l on l.tenant_id = e.tenant_id and l.document_id = e.id
    where e.entry_date between :period_from and :period_to
        and (:account_id is null or l.account_id = :account_id)
        and (:party_id is null or l.party_id = :party_id)
        and {branches l.branch_id}
)
select
    a.code || ' ' || a.name as account,
    a.id as account_key,
    line.place,
    line.entry_date,
    line.entry_id,
    line.line_id,
    e.number,
    line.text,
    e.source_type,
    e.source_id,
    p.name as party,
    p.id as party_key,
    nullif(line.debit, 0) as debit,
    nullif(line.credit, 0) as credit,
    sum(line.amount) over (
        partition by line.account_id order by line.place, line.entry_date, line.entry_id, line.line_id
    ) as balance
from line
join account a on a.id = line.account_id
left join journal_entry e on e.id = line.entry_id
left join party p on p.id = line.party_id
