with gone as (
    -- what left the road for where losses go, at what it cost
    select move.source_id as transfer_id, sum(move.value) as lost_value
    from stock_move move
    join location target on target.id = move.to_location_id and target.kind = 'loss'
    where move.source_type = 'transfer'
    group by move.source_id
),
counted as (
    select document_id as transfer_id, sum(sent) as sent, sum(lost) as lost
    from transfer_line
    group by document_id
)
select
    origin.name || ' → ' || target.name as route,
    transfer.sent_by,
    transfer.received_by,
    count(*)::int as transfers,
    sum(counted.sent) as sent,
    sum(counted.lost) as lost,
    sum(counted.lost) / nullif(sum(counted.sent), 0) as share,
    coalesce(sum(gone.lost_value), 0) as lost_value,
    sum(transfer.charged) as charged
from transfer
join counted on counted.transfer_id = transfer.id
join location origin on origin.id = transfer.from_location_id
join location target on target.id = transfer.to_location_id
left join gone on gone.transfer_id = transfer.id
where (transfer.sent_at at time zone :timezone)::date between :period_from and :period_to
    and ({branches transfer.branch_id} or {branches transfer.to_branch_id})
group by origin.name, target.name, transfer.sent_by, transfer.received_by
