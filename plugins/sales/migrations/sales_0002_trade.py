"""Sales and refunds beside each other, with their sign, for reports."""

from alembic import op

revision = "sales_0002"
down_revision = "sales_0001"
branch_labels = None
depends_on = None

TRADE = """
create view sales_trade with (security_invoker = true) as
select tenant_id, id, sold_on as day, branch_id, customer_id, employee, country, channel, 1 as sign,
    subtotal as net, tax, total, cost
from sale
union all
select tenant_id, id, refunded_on, branch_id, customer_id, employee, country, channel, -1,
    -subtotal, -tax, -total, -cost
from sale_refund
"""


def upgrade() -> None:
    op.execute(TRADE)
    op.execute("grant select on sales_trade to millrace_app")


def downgrade() -> None:
    op.execute("drop view sales_trade")
