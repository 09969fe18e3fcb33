with close as (
    select 'month_end' as document_type, m.id as document_id, m.number, p.name as days, p.starts_on, p.ends_on
    from month_end m
    join fiscal_period p on p.id = m.period_id
    union all
    select 'year_end', y.id, y.number, f.name, f.starts_on, f.ends_on
    from year_end y
    join fiscal_year f on f.id = y.year_id
)
select
    s.document_type,
    s.document_id,
    close.number,
    close.days,
    s.step,
    s.is_clear,
    s.reason,
    (
        select string_agg(found ->> 'title' || ': ' || (found ->> 'found'), ' ')
        from jsonb_array_elements(s.findings) as found
        where not (found ->> 'is_clear')::boolean
    ) as findings,
    s.by,
    s.at
from closing_signature s
join close on close.document_type = s.document_type and close.document_id = s.document_id
where close.ends_on >= :period_from and close.starts_on <= :period_to
