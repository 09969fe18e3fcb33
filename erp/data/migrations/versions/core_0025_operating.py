"""Incidents by cause, instances that are suspended, jobs that wait with them; versions nobody changes any more"""

import sqlalchemy as sa
from alembic import op

revision = "core_0025"
down_revision = "core_0024"
branch_labels = None
depends_on = None

KEEP_STOPPING = """
update own_role set rights = rights || edits.stops
from (
    select role.id, jsonb_agg(jsonb_build_array('stop', given -> 1)) stops
    from own_role role, jsonb_array_elements(role.rights) given
    where given ->> 0 = 'edit' and given ->> 1 in (
        select key from workflow_definition definition where definition.tenant_id = role.tenant_id)
    group by role.id) edits
where edits.id = own_role.id
"""
OPEN = sa.text("status = 'open'")
TEXTS = (
    ("workflow_incident", "kind", 60), ("workflow_incident", "token", 60), ("workflow_incident", "cause", 200),
    ("workflow_instance", "held_by", 200), ("workflow_instance", "held_reason", 400),
)  # fmt: skip


def upgrade() -> None:
    for table, name, length in TEXTS:
        op.add_column(table, sa.Column(name, sa.String(length=length), server_default="", nullable=False))
    op.add_column("workflow_instance", sa.Column("held_at", sa.DateTime(timezone=True), nullable=True))
    op.execute(
        "update workflow_incident set kind = job.kind, token = coalesce(job.request ->> 'token', ''),"
        " cause = left(regexp_replace(split_part(workflow_incident.reason, chr(10), 1), '[0-9]+', '#', 'g'), 200)"
        " from job where job.id = workflow_incident.job_id"
    )
    op.create_index(
        "workflow_incident_cause", "workflow_incident", ["tenant_id", "document_type", "element", "cause"],
        postgresql_where=OPEN,
    )  # fmt: skip
    op.create_index("workflow_incident_document", "workflow_incident", ["tenant_id", "document_type", "document_id"])
    op.create_index(
        "workflow_message_refused", "workflow_message", ["tenant_id", "id"],
        postgresql_where=sa.text("status = 'refused'"),
    )  # fmt: skip
    op.create_index("job_held", "job", ["tenant_id"], postgresql_where=sa.text("state = 'held'"))
    # stopping a process was part of editing its document; roles of a company keep what they could do
    op.execute(KEEP_STOPPING)


def downgrade() -> None:
    op.execute(
        "update own_role set rights = coalesce((select jsonb_agg(given) from jsonb_array_elements(rights) given"
        " where given ->> 0 not in ('stop', 'suspend', 'move', 'correct')), '[]')"
    )
    op.drop_index("job_held", table_name="job")
    op.drop_index("workflow_message_refused", table_name="workflow_message")
    op.drop_index("workflow_incident_document", table_name="workflow_incident")
    op.drop_index("workflow_incident_cause", table_name="workflow_incident")
    op.drop_column("workflow_instance", "held_at")
    for table, name, _length in TEXTS:
        op.drop_column(table, name)
