with month as (
    select p.year_id, p.name, p.starts_on, p.ends_on,
        row_number() over (partition by p.year_id order by p.starts_on) as place
    from fiscal_period p
),
asked as (
    select b.id as budget_id, b.name as budget, b.branch_id, m.name as month, m.starts_on, m.ends_on, m.place
    from budget b
    join month m on m.year_id = b.year_id
    where m.starts_on <= :period_to
        and m.ends_on >= :period_from
        and (:budget_id is null or b.id = :budget_id)
        and {branches b.branch_id}
),
told as (
    select asked.*, l.account_id,
        (array[l.month_1, l.month_2, l.month_3, l.month_4, l.month_5, l.month_6, l.month_7, l.month_8, l.month_9,
            l.month_10, l.month_11, l.month_12])[asked.place] as planned,
        0::numeric as moved
    from asked
    join budget_line l on l.document_id = asked.budget_id
    union all
    select asked.*, s.account_id, 0, s.debit - s.credit
    from asked
    cross join lateral ledger_turnover(asked.starts_on, asked.ends_on) s
    join account a on a.id = s.account_id
    where a.kind in ('income', 'expense')
        and (asked.branch_id is null or s.branch_id = asked.branch_id)
),
summed as (
    select budget_id, budget, month, starts_on, account_id, sum(planned) as planned, sum(moved) as moved
    from told
    group by budget_id, budget, month, starts_on, account_id
)
select
    s.budget_id,
    s.budget,
    a.id as account_id,
    a.code,
    a.name,
    s.month,
    s.starts_on,
    case a.kind when 'income' then 1 else -1 end * coalesce(s.planned, 0) as planned,
    -s.moved as actual,
    -s.moved - case a.kind when 'income' then 1 else -1 end * coalesce(s.planned, 0) as difference,
    -s.moved / nullif(case a.kind when 'income' then 1 else -1 end * s.planned, 0) as share
from summed s
join account a on a.id = s.account_id
where coalesce(s.planned, 0) <> 0 or s.moved <> 0
