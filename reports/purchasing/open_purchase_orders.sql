select
    party.name as supplier,
    party.id as party_id,
    head.number,
    head.id as order_id,
    line.description as product,
    head.needed_on,
    stands.ordered,
    stands.accepted,
    stands.to_come,
    stands.to_bill,
    head.currency,
    round(stands.net * stands.to_come / nullif(stands.ordered, 0), 2) as worth
from (
    select
        purchase_progress.*,
        case when is_received then greatest(ordered - accepted + returned, 0) else 0 end as to_come,
        greatest(case when is_received then accepted - returned else ordered end - billed + credited, 0) as to_bill
    from purchase_progress
) as stands
join purchase_order as head on head.tenant_id = stands.tenant_id and head.id = stands.order_id
join purchase_order_line as line on line.tenant_id = stands.tenant_id and line.id = stands.line_id
join party on party.tenant_id = head.tenant_id and party.id = head.supplier_id
where head.company_id = :company
    and head.state = 'sent'
    and (stands.to_come > 0 or stands.to_bill > 0)
    and (:supplier_id is null or head.supplier_id = :supplier_id)
    and (not :is_late or head.needed_on < :today)
    and {branches head.branch_id}
