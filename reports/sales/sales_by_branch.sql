select
    branch.name as branch,
    count(*) filter (where sign > 0) as sales,
    count(*) filter (where sign < 0) as refunds,
    sum(net) as net,
    sum(tax) as tax,
    sum(total) as total,
    sum(cost) as cost,
    sum(net - cost) as margin,
    sum(net - cost) / nullif(sum(net), 0) as rate
from sales_trade trade
left join branch on branch.tenant_id = trade.tenant_id and branch.id = trade.branch_id
where day between :period_from and :period_to and {branches trade.branch_id}
group by branch.name
