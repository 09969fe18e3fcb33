"""How an order stands is told with what was ordered, so that its lines need not be read beside it."""

from alembic import op

revision = "purchasing_0006"
down_revision = "purchasing_0005"
branch_labels = None
depends_on = None

LAST = "as is_received"
MORE = f"{LAST},\n    line.product_id, line.uom_id, line.position"


def upgrade() -> None:
    view = _before().replace("create view", "create or replace view").replace(LAST, MORE)
    op.execute(view)


def downgrade() -> None:
    op.execute("drop view purchase_progress")
    op.execute(_before())
    op.execute("grant select on purchase_progress to millrace_app")


def _before() -> str:
    script = op.get_context().environment_context.script
    return str(script.get_revision("purchasing_0004").module.VIEW)
