"""Documents of a version are found by when they began, for its heat map"""

from alembic import op

revision = "core_0024"
down_revision = "core_0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("workflow_instance_begun", "workflow_instance", ["definition_id", "started_at"], unique=False)
    op.drop_index(op.f("ix_workflow_instance_definition_id"), table_name="workflow_instance")


def downgrade() -> None:
    op.create_index(op.f("ix_workflow_instance_definition_id"), "workflow_instance", ["definition_id"], unique=False)
    op.drop_index("workflow_instance_begun", table_name="workflow_instance")
