"""Goods on the way are expected where they go."""

from alembic import op

revision = "transfers_0002"
down_revision = "transfers_0001"
branch_labels = None
depends_on = None

EXPECT = """
insert into stock_reservation (tenant_id, kind, product_id, location_id, lot_id, quantity, due_on, source_type,
    source_id, source_line, at, by)
select line.tenant_id, 'incoming', line.product_id, transfer.to_location_id, line.lot_id, line.in_transit,
    transfer.needed_on, 'transfer', transfer.id, line.id::text, now(), ''
from transfer_line as line
join transfer on transfer.tenant_id = line.tenant_id and transfer.id = line.document_id
where line.in_transit > 0
"""


def upgrade() -> None:
    op.execute(EXPECT)


def downgrade() -> None:
    op.execute("delete from stock_reservation where source_type = 'transfer' and kind = 'incoming'")
