"""Tables of the engine; history is appended, what is live is indexed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from erp import clock
from erp.data.policies import APPEND_ONLY
from erp.data.tenancy import TenantScoped, key_to

MOMENT = sa.DateTime(timezone=True)
OPEN, DONE, DROPPED = "open", "done", "dropped"
RUNNING, ENDED, STOPPED = "running", "ended", "cancelled"
SUSPENDED, RESUMING = "suspended", "resuming"
"""Nothing moves; what came meanwhile is being caught up on, in order."""
HELD_STATES = frozenset({SUSPENDED, RESUMING})
LIVE = (RUNNING, SUSPENDED, RESUMING)
"""States of an instance that is not over."""
WAITING, TAKEN, TOLD, REFUSED, EXPIRED = "waiting", "taken", "told", "refused", "expired"
"""What became of a message: told is a signal that was passed on to everybody who waited for it."""
IS_WAITING = "status = 'waiting'"


class WorkflowDefinition(TenantScoped):
    """A published version of a diagram; immutable, also for whoever speaks to the database past our code."""

    __tablename__ = "workflow_definition"
    __table_args__ = (sa.UniqueConstraint("tenant_id", "key", "number"), {"info": {APPEND_ONLY: True}})
    key: Mapped[str] = mapped_column(sa.String(80))
    number: Mapped[int]
    tag: Mapped[str] = mapped_column(sa.String(60), default="")
    sha256: Mapped[str] = mapped_column(sa.String(64))
    bpmn: Mapped[bytes] = mapped_column(sa.LargeBinary)
    forms: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    """Pinned forms: {name: form-js JSON}."""
    decisions: Mapped[dict[str, str]] = mapped_column(JSONB, default=dict, server_default="{}")
    """Pinned decisions: {key: DMN}."""
    calls: Mapped[dict[str, int]] = mapped_column(JSONB, default=dict)
    """Pinned called processes: {key: definition id}."""
    status: Mapped[str] = mapped_column(sa.String(12), default="published")
    published_at: Mapped[datetime] = mapped_column(MOMENT, default=lambda: clock.now())
    published_by: Mapped[str] = mapped_column(sa.String(200), default="")
    proposed_by: Mapped[str] = mapped_column(sa.String(200), default="", server_default="")
    """Who asked for it, where a second person published it."""
    note: Mapped[str] = mapped_column(sa.String(400), default="")
    cases: Mapped[str] = mapped_column(sa.Text, default="", server_default="")
    """The test cases it was published with, as YAML."""
    waived: Mapped[str] = mapped_column(sa.String(400), default="", server_default="")
    """Why it was published though test cases failed; '' when all held."""


class WorkflowInstance(TenantScoped):
    """A running or finished process of one document."""

    __tablename__ = "workflow_instance"
    __table_args__ = (
        key_to("workflow_definition", "definition_id"),
        sa.Index("workflow_instance_document", "tenant_id", "document_type", "document_id"),
        sa.Index("workflow_instance_begun", "definition_id", "started_at"),
    )
    definition_id: Mapped[int] = mapped_column(sa.BigInteger)
    document_type: Mapped[str] = mapped_column(sa.String(60))
    document_id: Mapped[int] = mapped_column(sa.BigInteger)
    business_key: Mapped[str] = mapped_column(sa.String(80), default="", index=True)
    status: Mapped[str] = mapped_column(sa.String(12), default=RUNNING)
    lock_version: Mapped[int] = mapped_column(default=0)
    snapshot: Mapped[bytes] = mapped_column(sa.LargeBinary, default=b"")
    events: Mapped[int] = mapped_column(default=0)
    """How many events it has; the next one's place in the order."""
    started_at: Mapped[datetime] = mapped_column(MOMENT, default=lambda: clock.now())
    ended_at: Mapped[datetime | None] = mapped_column(MOMENT)
    held_at: Mapped[datetime | None] = mapped_column(MOMENT)
    """Since when nothing moves."""
    held_by: Mapped[str] = mapped_column(sa.String(200), default="", server_default="")
    held_reason: Mapped[str] = mapped_column(sa.String(400), default="", server_default="")


class WorkflowEvent(TenantScoped):
    """Something that happened in an instance; never changed, never removed."""

    __tablename__ = "workflow_event"
    __table_args__ = (
        key_to("workflow_instance", "instance_id"),
        sa.UniqueConstraint("tenant_id", "instance_id", "seq"),
    )
    instance_id: Mapped[int] = mapped_column(sa.BigInteger)
    seq: Mapped[int]
    kind: Mapped[str] = mapped_column(sa.String(30))
    element: Mapped[str] = mapped_column(sa.String(100))
    name: Mapped[str] = mapped_column(sa.String(200), default="")
    scope: Mapped[str] = mapped_column(sa.String(80), default="")
    """Ids of the call activities down to where it happened; empty for the document's own process."""
    token: Mapped[str] = mapped_column(sa.String(60), default="")
    """The visit it belongs to: what was entered and completed under one token is one visit."""
    actor: Mapped[str] = mapped_column(sa.String(200), default="")
    at: Mapped[datetime] = mapped_column(MOMENT)
    data: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)


class WorkflowTask(TenantScoped):
    """A user task somebody has to do: the inbox."""

    __tablename__ = "workflow_task"
    __table_args__ = (
        key_to("workflow_instance", "instance_id"),
        sa.UniqueConstraint("tenant_id", "token"),
        sa.Index("workflow_task_open", "tenant_id", "role", "due_at", postgresql_where=sa.text("status = 'open'")),
        sa.Index("workflow_task_mine", "tenant_id", "assignee_id", postgresql_where=sa.text("status = 'open'")),
        sa.Index("workflow_task_document", "tenant_id", "document_type", "document_id"),
        sa.Index(
            "workflow_task_candidates",
            "candidates",
            postgresql_using="gin",
            postgresql_where=sa.text("status = 'open'"),
        ),
        sa.Index("workflow_task_remind", "remind_at", postgresql_where=sa.text("status = 'open'")),
    )
    instance_id: Mapped[int] = mapped_column(sa.BigInteger, index=True)
    token: Mapped[str] = mapped_column(sa.String(60))
    element: Mapped[str] = mapped_column(sa.String(100))
    name: Mapped[str] = mapped_column(sa.String(200))
    icon: Mapped[str] = mapped_column(sa.String(40), default="")
    process: Mapped[str] = mapped_column(sa.String(80), default="", server_default="")
    """Key of the process it is drawn in, where that is a called one; "" for the document's own."""
    scope: Mapped[str] = mapped_column(sa.String(80), default="", server_default="")
    """Ids of the call activities down to it, as its events have them."""
    role: Mapped[str] = mapped_column(sa.String(64))
    candidates: Mapped[list[str] | None] = mapped_column(ARRAY(sa.String(80)))
    """Who may do it instead of its lane's role: names of roles, and `#12` for a member; None for the role."""
    branch_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    """The one branch whose people may do it; None for all."""
    excluded: Mapped[list[int]] = mapped_column(ARRAY(sa.BigInteger), default=list, server_default="{}")
    """Members who may not do it, and neither may who stands in for them."""
    voted: Mapped[list[int]] = mapped_column(ARRAY(sa.BigInteger), default=list, server_default="{}")
    """Members who have voted on the content as it is now, or for whom somebody has."""
    asked: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict, server_default="{}")
    """How it was found who may do it: expression, what it read, and the rule that answered."""
    approval: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    """What an approval is about: its seats, quorum, order, and the content it is bound to; None for other tasks."""
    form: Mapped[str] = mapped_column(sa.String(120), default="")
    edits: Mapped[list[str]] = mapped_column(JSONB, default=list)
    document_type: Mapped[str] = mapped_column(sa.String(60))
    document_id: Mapped[int] = mapped_column(sa.BigInteger)
    title: Mapped[str] = mapped_column(sa.String(400), default="")
    """What the document is, as it was when the task opened: number, customer, item."""
    status: Mapped[str] = mapped_column(sa.String(12), default=OPEN)
    assignee_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    assignee: Mapped[str] = mapped_column(sa.String(200), default="")
    for_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    """Whom the assignee stands in for."""
    given_by_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    given_by: Mapped[str] = mapped_column(sa.String(200), default="", server_default="")
    """Who delegated it to the assignee."""
    note: Mapped[str] = mapped_column(sa.String(400), default="", server_default="")
    """What they said with it."""
    claimed_at: Mapped[datetime | None] = mapped_column(MOMENT)
    opened_at: Mapped[datetime] = mapped_column(MOMENT, default=lambda: clock.now())
    due_at: Mapped[datetime | None] = mapped_column(MOMENT)
    remind_at: Mapped[datetime | None] = mapped_column(MOMENT)
    closed_at: Mapped[datetime | None] = mapped_column(MOMENT)
    closed_by: Mapped[str] = mapped_column(sa.String(200), default="")
    closed_by_ids: Mapped[list[int]] = mapped_column(ARRAY(sa.BigInteger), default=list, server_default="{}")
    """The members who did it, and those they stood in for."""


class WorkflowVote(TenantScoped):
    """One member's decision on one content of a document; written once, never changed."""

    __tablename__ = "workflow_vote"
    __table_args__ = (
        key_to("workflow_task", "task_id"),
        key_to("tenant_member", "member_id"),
        key_to("tenant_member", "for_id"),
        sa.UniqueConstraint("tenant_id", "task_id", "content_hash", "member_id"),
        sa.UniqueConstraint("tenant_id", "task_id", "content_hash", "seat"),
        {"info": {APPEND_ONLY: True}},
    )
    task_id: Mapped[int] = mapped_column(sa.BigInteger)
    seat: Mapped[int]
    """Which place of the approval it fills, counted from 0."""
    member_id: Mapped[int] = mapped_column(sa.BigInteger)
    member: Mapped[str] = mapped_column(sa.String(200))
    for_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    for_name: Mapped[str] = mapped_column(sa.String(200), default="")
    """Whom they stood in for."""
    decision: Mapped[str] = mapped_column(sa.String(10))
    comment: Mapped[str] = mapped_column(sa.Text(), default="")
    at: Mapped[datetime] = mapped_column(MOMENT, default=lambda: clock.now())
    content_hash: Mapped[str] = mapped_column(sa.String(64))
    way: Mapped[str] = mapped_column(sa.String(10))
    """How it came in: web, mail or rest."""


class WorkflowIncident(TenantScoped):
    """A job of a process that has used up its attempts; the token waits until somebody decides."""

    __tablename__ = "workflow_incident"
    __table_args__ = (
        key_to("workflow_instance", "instance_id"),
        key_to("job", "job_id"),
        sa.Index("workflow_incident_open", "tenant_id", "document_type", postgresql_where=sa.text("status = 'open'")),
        sa.Index(
            "workflow_incident_cause",
            "tenant_id",
            "document_type",
            "element",
            "cause",
            postgresql_where=sa.text("status = 'open'"),
        ),
        sa.Index("workflow_incident_document", "tenant_id", "document_type", "document_id"),
    )
    instance_id: Mapped[int] = mapped_column(sa.BigInteger, index=True)
    job_id: Mapped[int] = mapped_column(sa.BigInteger)
    kind: Mapped[str] = mapped_column(sa.String(60), default="", server_default="")
    """Of its job: what was to be done."""
    element: Mapped[str] = mapped_column(sa.String(100))
    token: Mapped[str] = mapped_column(sa.String(60), default="", server_default="")
    """What waits there; "" where nothing in the process does, as after a message was sent."""
    name: Mapped[str] = mapped_column(sa.String(200))
    reason: Mapped[str] = mapped_column(sa.Text())
    cause: Mapped[str] = mapped_column(sa.String(200), default="", server_default="")
    """The reason without what differs from document to document: what incidents are gathered by."""
    document_type: Mapped[str] = mapped_column(sa.String(60))
    document_id: Mapped[int] = mapped_column(sa.BigInteger)
    status: Mapped[str] = mapped_column(sa.String(12), default=OPEN)
    opened_at: Mapped[datetime] = mapped_column(MOMENT, default=lambda: clock.now())
    closed_at: Mapped[datetime | None] = mapped_column(MOMENT)
    closed_by: Mapped[str] = mapped_column(sa.String(200), default="")
    resolution: Mapped[str] = mapped_column(sa.String(20), default="")
    note: Mapped[str] = mapped_column(sa.String(400), default="")


class WorkflowSubscription(TenantScoped):
    """A message or signal some process waits for; the row goes when nobody waits any more."""

    __tablename__ = "workflow_subscription"
    __table_args__ = (
        key_to("workflow_instance", "instance_id"),
        sa.UniqueConstraint("tenant_id", "token"),
        sa.Index("workflow_subscription_key", "tenant_id", "kind", "name", "key", "id"),
        sa.Index("workflow_subscription_instance", "tenant_id", "instance_id"),
    )
    instance_id: Mapped[int] = mapped_column(sa.BigInteger)
    token: Mapped[str] = mapped_column(sa.String(60))
    element: Mapped[str] = mapped_column(sa.String(100))
    kind: Mapped[str] = mapped_column(sa.String(12))
    name: Mapped[str] = mapped_column(sa.String(120))
    key: Mapped[str] = mapped_column(sa.String(200), default="")
    opened_at: Mapped[datetime] = mapped_column(MOMENT, default=lambda: clock.now())


class WorkflowMessage(TenantScoped):
    """A message or signal as it was sent, and what became of it."""

    __tablename__ = "workflow_message"
    __table_args__ = (
        sa.UniqueConstraint("tenant_id", "message_id"),
        sa.Index("workflow_message_key", "tenant_id", "name", "key", "id", postgresql_where=sa.text(IS_WAITING)),
        sa.Index("workflow_message_expiry", "tenant_id", "expires_at", postgresql_where=sa.text(IS_WAITING)),
        sa.Index("workflow_message_received", "tenant_id", "received_at"),
        sa.Index("workflow_message_refused", "tenant_id", "id", postgresql_where=sa.text("status = 'refused'")),
    )
    message_id: Mapped[str] = mapped_column(sa.String(200))
    kind: Mapped[str] = mapped_column(sa.String(12))
    name: Mapped[str] = mapped_column(sa.String(120))
    key: Mapped[str] = mapped_column(sa.String(200), default="")
    payload: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    sender: Mapped[str] = mapped_column(sa.String(200), default="")
    """Who sent it: a person, a program, a document."""
    status: Mapped[str] = mapped_column(sa.String(12), default=WAITING)
    reason: Mapped[str] = mapped_column(sa.String(400), default="")
    """Why it was refused."""
    received_at: Mapped[datetime] = mapped_column(MOMENT, default=lambda: clock.now())
    expires_at: Mapped[datetime | None] = mapped_column(MOMENT)
    taken_at: Mapped[datetime | None] = mapped_column(MOMENT)
    instance_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    """Which instance took it."""


class WorkflowStart(TenantScoped):
    """How the newest version of a process may begin without a person: by a message, a signal or the clock."""

    __tablename__ = "workflow_start"
    __table_args__ = (
        sa.UniqueConstraint("tenant_id", "process", "element"),
        sa.Index("workflow_start_name", "tenant_id", "kind", "name", "process"),
    )
    process: Mapped[str] = mapped_column(sa.String(80))
    element: Mapped[str] = mapped_column(sa.String(100))
    kind: Mapped[str] = mapped_column(sa.String(12))
    """message, signal or timer"""
    name: Mapped[str] = mapped_column(sa.String(120))
    """Of the message or signal; of a timer its text."""
    definition_id: Mapped[int] = mapped_column(sa.BigInteger)
    since: Mapped[datetime] = mapped_column(MOMENT, default=lambda: clock.now())
    """When a timer was first published with this text."""


class WorkflowMigration(TenantScoped):
    """A running document that went to another version, with all it takes to put it back while it stands there."""

    __tablename__ = "workflow_migration"
    __table_args__ = (
        key_to("workflow_instance", "instance_id"),
        key_to("workflow_definition", "from_id"),
        key_to("workflow_definition", "to_id"),
        sa.Index("workflow_migration_instance", "tenant_id", "instance_id", "id"),
    )
    instance_id: Mapped[int] = mapped_column(sa.BigInteger)
    from_id: Mapped[int] = mapped_column(sa.BigInteger)
    to_id: Mapped[int] = mapped_column(sa.BigInteger)
    chosen: Mapped[dict[str, dict[str, str]]] = mapped_column(JSONB, default=dict)
    """{process: {element: the one that took its place}}, beside those of the same id."""
    reason: Mapped[str] = mapped_column(sa.String(400), default="")
    """Why something was left out that had to be asked for."""
    snapshot: Mapped[bytes] = mapped_column(sa.LargeBinary)
    """Its state before."""
    tasks: Mapped[dict[str, dict[str, Any]]] = mapped_column(JSONB, default=dict)
    """{id of a task: what was changed of it, as it was}."""
    state: Mapped[str] = mapped_column(sa.String(100), default="")
    passed_states: Mapped[list[str]] = mapped_column(JSONB, default=list)
    lock_version: Mapped[int]
    """Of the instance once it was moved: a higher one has gone on since."""
    moved_at: Mapped[datetime] = mapped_column(MOMENT, default=lambda: clock.now())
    moved_by: Mapped[str] = mapped_column(sa.String(200), default="")
    undone_at: Mapped[datetime | None] = mapped_column(MOMENT)
