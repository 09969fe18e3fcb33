select
    allowed.at,
    terminal.name as till,
    allowed.kind as what,
    allowed.reason,
    allowed.asked_by as asked,
    allowed.allowed_by as allowed,
    used.did,
    sale.number,
    used.amount
from till_override allowed
join terminal on terminal.tenant_id = allowed.tenant_id and terminal.id = allowed.terminal_id
join location on location.tenant_id = terminal.tenant_id and location.id = terminal.location_id
left join till_override_use used on used.tenant_id = allowed.tenant_id and used.override_id = allowed.id
left join sale on sale.tenant_id = used.tenant_id and sale.id = used.sale_id
where allowed.at::date between :period_from and :period_to and {branches location.branch_id}
