with year as (
    select coalesce(max(starts_on), :period_from) as starts_on
    from fiscal_year
    where :period_from between starts_on and ends_on
),
moved as (
    select a.id as account_id, s.branch_id, s.debit - s.credit as opening, 0::numeric as debit, 0::numeric as credit
    from ledger_sums(null, :period_from - 1) s
    join account a on a.id = s.account_id
    where a.kind in ('asset', 'liability', 'equity')
    union all
    select a.id, s.branch_id, s.debit - s.credit, 0, 0
    from year, ledger_sums(year.starts_on, :period_from - 1) s
    join account a on a.id = s.account_id
    where a.kind in ('income', 'expense')
    union all
    -- income and expenses begin anew every year; what earlier years came to is one line
    select null, s.branch_id, s.debit - s.credit, 0, 0
    from year, ledger_sums(null, year.starts_on - 1) s
    join account a on a.id = s.account_id
    where a.kind in ('income', 'expense')
    union all
    -- what closing the year took from income and expenses is told in the next one
    select s.account_id, s.branch_id, 0, s.debit, s.credit
    from ledger_turnover(:period_from, :period_to) s
)
select
    a.id as account_id,
    a.code,
    a.name,
    coalesce(a.kind, 'earlier') as kind,
    sum(m.opening) as opening,
    sum(m.debit) as debit,
    sum(m.credit) as credit,
    sum(m.opening + m.debit - m.credit) as closing
from moved m
left join account a on a.id = m.account_id
where {branches m.branch_id}
group by a.id, a.code, a.name, a.kind
having sum(m.opening) <> 0 or sum(m.debit) <> 0 or sum(m.credit) <> 0
