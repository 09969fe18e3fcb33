select
    session.opened_at as opened,
    session.number,
    terminal.name as till,
    session.cashier,
    session.closed_at as closed,
    (select count(*) from pos_sale where pos_sale.tenant_id = session.tenant_id and pos_sale.session_id = session.id
        and pos_sale.sale_id is not null) as sales,
    report.total,
    report.expected_amount as expected,
    report.counted_amount as counted,
    report.difference_amount as difference
from cash_session session
join terminal on terminal.tenant_id = session.tenant_id and terminal.id = session.terminal_id
left join z_report report on report.tenant_id = session.tenant_id and report.session_id = session.id
where session.opened_at::date between :period_from and :period_to and {branches session.branch_id}
