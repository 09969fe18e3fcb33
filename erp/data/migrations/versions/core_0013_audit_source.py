"""The audit is found by its way in too."""

from __future__ import annotations

from alembic import op

revision = "core_0013"
down_revision = "core_0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("audit_entry_source", "audit_entry", ["tenant_id", "source", "at", "id"])


def downgrade() -> None:
    op.drop_index("audit_entry_source", table_name="audit_entry")
