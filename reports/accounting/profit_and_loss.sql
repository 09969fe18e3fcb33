with span as (
    select :period_from as starts_on, :period_to as ends_on, 0 as ago
    union all
    select (:period_from - interval '1 year')::date, (:period_to - interval '1 year')::date, 1
),
moved as (
    select
        s.account_id,
        sum(s.credit - s.debit) filter (where span.ago = 0) as result,
        sum(s.credit - s.debit) filter (where span.ago = 1) as year_before
    from span
    cross join lateral ledger_turnover(span.starts_on, span.ends_on) s
    where {branches s.branch_id}
    group by s.account_id
),
told as (
    select
        a.id as account_id,
        case when a.use = 'cost_of_goods' then 'cost_of_goods' else a.kind end as section,
        a.code,
        a.name,
        coalesce(m.result, 0) as result,
        coalesce(m.year_before, 0) as year_before
    from moved m
    join account a on a.id = m.account_id
    where a.kind in ('income', 'expense')
)
select
    told.*,
    case section when 'income' then 1 when 'cost_of_goods' then 2 else 3 end as place,
    result / nullif(sum(result) filter (where section = 'income') over (), 0) as share
from told
where result <> 0 or year_before <> 0
