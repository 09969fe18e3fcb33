"""What a step writes of messages and signals: who waits for which, and what had come before anybody waited for it."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import sqlalchemy as sa

from erp import clock, context
from erp.data.base import session
from erp.jobs import outbox, worker
from erp.jobs.models import DONE, Job
from erp.workflow import history
from erp.workflow.diagrams.exchange import MESSAGE
from erp.workflow.errors import NotFitting
from erp.workflow.models import REFUSED, TAKEN, WAITING, WorkflowMessage, WorkflowSubscription

if TYPE_CHECKING:
    from erp.workflow.engine import Changes, Subscription
    from erp.workflow.steps import Step

THROWN, DELIVER = "workflow.message", "message.deliver"
"""Kinds of the jobs that send what a process threw, and that lead a message on."""
AT_ONCE = 200
"""Messages that had come early and are taken by one step; what is beyond waits for the next."""
USUAL_TTL = timedelta(days=7)
"""How long a message waits for its receiver when nobody says otherwise."""
Channel = tuple[str, str]
"""Name and key of a message."""


def lock(channels: Collection[Channel]) -> None:
    """Until this transaction ends nobody else of the tenant sends to these channels or begins to wait at them.

    Without it a message and its receiver that come at the same moment would each find nobody.
    """
    numbers = sorted({_number(name, key) for name, key in channels})
    session().execute(
        sa.select(*(sa.func.pg_advisory_xact_lock(sa.literal(number, sa.BigInteger)) for number in numbers))
    )


def _number(name: str, key: str) -> int:
    text = "\x1f".join((str(context.current().tenant_id), name, key))
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8, person=b"channel").digest(), signed=True)


def settle(step: Step) -> None:
    """Give the messages that had come early to the subscriptions this step has opened, and go on with each."""
    locked: set[Channel] = set()
    for _turn in range(AT_ONCE):
        wanted = {(each.name, each.key): each for each in reversed(step.run.changes.subscribed) if each.kind == MESSAGE}
        if not wanted:
            return
        if fresh := wanted.keys() - locked:
            lock(fresh)
            locked |= fresh
        early = session().scalar(_early(wanted).limit(1).execution_options(populate_existing=True))
        if early is None:
            return
        take(step, early, wanted[early.name, early.key].id)
    for left in session().scalars(_early(wanted)).all():
        lead_later(left, step.row.id)


def _early(channels: Collection[Channel]) -> sa.Select[WorkflowMessage]:
    """Messages that have come before anybody waited at these channels, the first to come first."""
    statement = sa.select(WorkflowMessage).where(
        WorkflowMessage.status == WAITING,
        WorkflowMessage.expires_at > clock.now(),
        sa.tuple_(WorkflowMessage.name, WorkflowMessage.key).in_(list(channels)),
    )
    return statement.order_by(WorkflowMessage.id).with_for_update()


def lead_later(message: WorkflowMessage, instance_id: int) -> None:
    """Leave a job that gives a message to an instance which waits for it."""
    key = f"deliver:{message.id}:{instance_id}"
    known = outbox.by_key(key)
    if known is None:
        request = {"message": message.id, "instance": instance_id}
        outbox.put(Job(kind=DELIVER, key=key, request=request, due_at=clock.now()))
    elif known.state == DONE:
        worker.retry(known)  # it was led there before, and nobody waited then


def take(step: Step, message: WorkflowMessage, token: UUID) -> bool:
    """Let a step take a message; False when its values do not fit, which is kept with it as the reason."""
    reason = give(step, message, token)
    if reason:
        message.status, message.reason = REFUSED, reason[:400]
        return False
    message.status, message.taken_at, message.instance_id = TAKEN, clock.now(), step.row.id
    return True


def give(step: Step, message: WorkflowMessage, token: UUID) -> str:
    """Let a step hear a message or signal and go on; else why its values do not fit."""
    try:
        step.run.receive(token, message.payload, **told_of(message))
    except NotFitting as error:
        return error.message
    return ""


def channel_of(message_id: int) -> sa.ColumnElement[bool]:
    """Whether a subscription waits at the channel of a message."""
    message = sa.select(WorkflowMessage.name, WorkflowMessage.key).where(WorkflowMessage.id == message_id)
    waits = sa.tuple_(WorkflowSubscription.name, WorkflowSubscription.key).in_(message)
    return sa.and_(WorkflowSubscription.kind == MESSAGE, waits)


def told_of(message: WorkflowMessage) -> dict[str, Any]:
    """What history tells of a message that was taken."""
    return {"message": message.message_id, "sender": message.sender, "sent_at": message.received_at.isoformat()}


def write(step: Step, changes: Changes) -> None:
    """Open and close the rows of what the step waits for, or waits for no more."""
    if changes.unsubscribed:
        gone = sa.delete(WorkflowSubscription).where(
            WorkflowSubscription.token.in_([str(token) for token in changes.unsubscribed])
        )
        session().execute(gone.execution_options(synchronize_session=False))
    _open(step, changes.subscribed)


def _open(step: Step, wanted: Sequence[Subscription]) -> None:
    session().add_all(
        WorkflowSubscription(
            instance_id=step.row.id,
            token=str(each.id),
            element=each.place.element_id,
            kind=each.kind,
            name=each.name,
            key=each.key,
        )
        for each in wanted
    )


def begin(step: Step, wanted: Sequence[Subscription]) -> None:
    """Begin to wait outside a step that runs on: what had come early is led here by a job."""
    channels = {(each.name, each.key) for each in wanted if each.kind == MESSAGE}
    if channels:
        lock(channels)
    _open(step, wanted)
    for early in session().scalars(_early(channels)) if channels else ():
        lead_later(early, step.row.id)


def thrown(step: Step, changes: Changes) -> list[Job]:
    """A job for everything the step threw: nobody else's process is stepped from inside this one.

    They go one after another, in the order they were thrown.
    """
    return [
        Job(
            kind=THROWN, key=f"thrown:{each.id}", lane=f"thrown:{step.row.id}", due_at=clock.now(),
            request={
                "element": each.place.element_id,
                "sort": each.kind,
                "name": each.name,
                "key": each.key,
                "payload": history.plain(dict(each.payload)),
                "ttl": each.ttl,
                "message_id": str(each.id),
                "sender": step.document.called,
            },
        )
        for each in changes.thrown
    ]  # fmt: skip


def plain_payload(payload: Mapping[str, Any]) -> dict[str, Any]:
    """A payload as it is kept: JSON, amounts as exact texts."""
    kept: dict[str, Any] = history.plain(dict(payload))
    return kept
