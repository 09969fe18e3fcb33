with day as (
    select :day as ends_on, 0 as ago
    union all
    select (:day - interval '1 year')::date, 1
),
year as (
    select
        day.ends_on,
        day.ago,
        coalesce(max(y.starts_on), date_trunc('year', day.ends_on)::date) as starts_on
    from day
    left join fiscal_year y on day.ends_on between y.starts_on and y.ends_on
    group by day.ends_on, day.ago
),
held as (
    select year.ago, s.account_id, '' as result, s.branch_id, s.debit - s.credit as amount
    from year
    cross join lateral ledger_sums(null, year.ends_on) s
    join account a on a.id = s.account_id
    where a.kind in ('asset', 'liability', 'equity')
    union all
    select year.ago, null, 'current', s.branch_id, s.debit - s.credit
    from year
    cross join lateral ledger_sums(year.starts_on, year.ends_on) s
    join account a on a.id = s.account_id
    where a.kind in ('income', 'expense')
    union all
    select year.ago, null, 'earlier', s.branch_id, s.debit - s.credit
    from year
    cross join lateral ledger_sums(null, year.starts_on - 1) s
    join account a on a.id = s.account_id
    where a.kind in ('income', 'expense')
)
select
    a.id as account_id,
    coalesce(a.kind, 'equity') as section,
    case coalesce(a.kind, 'equity') when 'asset' then 1 when 'liability' then 2 else 3 end as place,
    a.code,
    coalesce(a.name, h.result) as name,
    sum(h.amount) filter (where h.ago = 0 and a.kind = 'asset') as assets,
    -sum(h.amount) filter (where h.ago = 0 and a.kind is distinct from 'asset') as owed,
    sum(h.amount) filter (where h.ago = 1 and a.kind = 'asset') as assets_before,
    -sum(h.amount) filter (where h.ago = 1 and a.kind is distinct from 'asset') as owed_before
from held h
left join account a on a.id = h.account_id
where {branches h.branch_id}
group by a.id, a.kind, a.code, a.name, h.result
having sum(h.amount) filter (where h.ago = 0) <> 0 or sum(h.amount) filter (where h.ago = 1) <> 0
