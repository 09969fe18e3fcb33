select
    location.name as place,
    location.id as location_id,
    product.name as product,
    product.id as product_id,
    product.code,
    party.name as supplier,
    party.id as supplier_id,
    stock_proposal.on_hand,
    stock_proposal.reserved,
    stock_proposal.incoming,
    stock_proposal.minimum,
    stock_proposal.suggested,
    stock_proposal.lead_days
from stock_proposal
join location on location.tenant_id = stock_proposal.tenant_id and location.id = stock_proposal.location_id
join product on product.tenant_id = stock_proposal.tenant_id and product.id = stock_proposal.product_id
left join party on party.tenant_id = stock_proposal.tenant_id and party.id = stock_proposal.supplier_id
where stock_proposal.suggested > 0
    and (:location_id is null or stock_proposal.location_id = :location_id)
    and (:supplier_id is null or stock_proposal.supplier_id = :supplier_id)
    and {branches location.branch_id}
