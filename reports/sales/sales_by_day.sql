select
    day,
    count(*) filter (where sign > 0) as sales,
    count(*) filter (where sign < 0) as refunds,
    sum(net) as net,
    sum(tax) as tax,
    sum(total) as total,
    sum(cost) as cost,
    sum(net - cost) as margin,
    sum(net - cost) / nullif(sum(net), 0) as rate
from sales_trade trade
where day between :period_from and :period_to and {branches trade.branch_id}
group by day
