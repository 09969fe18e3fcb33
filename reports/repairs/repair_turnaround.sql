select
    nullif(o.repaired_by, '') as technician,
    count(*) as repairs,
    avg(o.turnaround_days) as average_days,
    max(o.turnaround_days) as slowest_days,
    count(*) filter (where o.promised_on < (o.ready_at at time zone :timezone)::date) as late,
    count(*) filter (where o.rework_count > 0) as reworked,
    count(*) filter (where o.rework_count > 0)::numeric / count(*) as rate
from repair_order o
where o.ready_at >= :period_begin
    and o.ready_at < :period_end
    and o.outcome = 'repaired'
    and {branches o.branch_id}
group by 1
