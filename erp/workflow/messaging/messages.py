"""Messages and signals on their way: kept once, led to who waits for them by an index, waiting for who comes later.

Locks are taken as everywhere: the instance first, then the message's channel. Who finds out only under the lock of the
channel which instance is meant leaves the rest to a job, which begins anew in the right order.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import OperationalError

from erp import clock, context
from erp.access import require
from erp.data.base import repeated, savepoint, session, transaction
from erp.data.organisation import each_tenant
from erp.errors import Conflict, Invalid
from erp.i18n import _
from erp.jobs import outbox, worker
from erp.jobs.claims import Claim
from erp.jobs.marks import every
from erp.jobs.models import HELD, Job
from erp.workflow import definitions, steps
from erp.workflow.diagrams import exchange, timing
from erp.workflow.diagrams.exchange import MESSAGE, SIGNAL
from erp.workflow.messaging import starts, subscriptions
from erp.workflow.models import (
    EXPIRED,
    REFUSED,
    RUNNING,
    TOLD,
    WAITING,
    WorkflowMessage,
    WorkflowStart,
    WorkflowSubscription,
)
from erp.workflow.operating import holding, incidents

SUBJECT = "message"
"""What the rights to send (`send`) and to look through (`list`) are about."""
TELL = "message.tell"
LARGEST = 64 * 1024
"""Characters of JSON a payload may have."""
LONGEST_TTL = timedelta(days=366)
LONGEST_ID = 200
KEPT = timedelta(days=90)
"""How long it is known what became of a message, and its id refused a second time."""
PAGE = 50
COUNTED = 1000
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Sent:
    """A message or signal as somebody sends it; checked when it is made by `checked`."""

    kind: str
    name: str
    key: str
    payload: Mapping[str, Any]
    message_id: str
    sender: str
    ttl: timedelta


def checked(kind: str, name: str, key: Any, payload: Any, message_id: str, ttl: str = "", sender: str = "") -> Sent:
    """What is sent if each part keeps its bounds; raises Invalid with a sentence for each that does not."""
    errors: dict[str, str] = {}
    name, message_id = name.strip(), message_id.strip()
    if not 0 < len(name) <= exchange.LONGEST_NAME or "\0" in name:
        errors["name"] = _("Name the message: up to %(count)s characters.", count=exchange.LONGEST_NAME)
    if not 0 < len(message_id) <= LONGEST_ID or "\0" in message_id:
        errors["message_id"] = _("Give the message an id of its own, up to %(count)s characters.", count=LONGEST_ID)
    text = ""
    try:
        text = exchange.key_text(key) if kind == MESSAGE and key not in (None, "") else ""
    except Invalid as error:
        errors["key"] = error.message
    if kind == SIGNAL and key not in (None, ""):
        errors["key"] = _("A signal reaches everybody who waits for it; it has no key.")
    wait = subscriptions.USUAL_TTL
    try:
        now = clock.now()
        wait = timing.parse_duration(ttl).after(now) - now if ttl else wait
        if not timedelta(0) <= wait <= LONGEST_TTL:
            errors["ttl"] = _("A message waits a year at most.")
    except timing.TimingInvalid as error:
        errors["ttl"] = error.message
    kept = subscriptions.plain_payload(payload) if isinstance(payload, Mapping) else {}
    if not isinstance(payload, Mapping):
        errors["payload"] = _("Send an object with the values.")
    elif len(json.dumps(kept)) > LARGEST:
        errors["payload"] = _("It is larger than 64 kB; put lines and files into documents.")
    if errors:
        raise Invalid(fields=errors)
    return Sent(kind, name, text, kept, message_id, (sender or context.current().name)[:200], wait)


def send(sent: Sent) -> WorkflowMessage:
    """Keep a message and lead it on, in the open transaction; the same id again is the same message.

    Raises Conflict for an id that was used for something else.
    """
    to = receiver(sent.name, sent.key) if sent.kind == MESSAGE else None
    status = steps.lock(to.instance_id) if to is not None else ""
    message, is_new = _kept(sent)
    if is_new and sent.kind == SIGNAL:
        _tell_all(message)
    elif is_new:
        _lead(message, to.instance_id if to is not None else None, status)
    return message


def receiver(name: str, key: str) -> WorkflowSubscription | None:
    """Who has waited longest for a message, by the index."""
    if not key:
        return None
    statement = (
        sa.select(WorkflowSubscription)
        .where(
            WorkflowSubscription.kind == MESSAGE,
            WorkflowSubscription.name == name,
            WorkflowSubscription.key == key,
        )
        .order_by(WorkflowSubscription.id)
        .limit(1)
    )
    return session().scalar(statement.execution_options(populate_existing=True))


def _kept(sent: Sent) -> tuple[WorkflowMessage, bool]:
    now = clock.now()
    values = {
        "tenant_id": context.current().tenant_id,
        "message_id": sent.message_id, "kind": sent.kind, "name": sent.name, "key": sent.key,
        "payload": dict(sent.payload), "sender": sent.sender, "status": WAITING, "reason": "", "received_at": now,
        "expires_at": now + sent.ttl if sent.kind == MESSAGE else None,
    }  # fmt: skip
    new = insert(WorkflowMessage).values(**values).on_conflict_do_nothing(index_elements=["tenant_id", "message_id"])
    made = session().scalar(new.returning(WorkflowMessage.id))
    by_id = sa.select(WorkflowMessage).where(WorkflowMessage.message_id == sent.message_id)
    found = session().scalars(by_id.execution_options(populate_existing=True)).one()
    same = (found.kind, found.name, found.key, found.payload) == (sent.kind, sent.name, sent.key, dict(sent.payload))
    if made is None and not same:
        raise Conflict(_("The message id “%(id)s” was used for another message.", id=sent.message_id))
    return found, made is not None


def _lead(message: WorkflowMessage, locked: int | None, status: str = "") -> None:
    """Give a message to who waits for it, let it begin a process, or let it wait.

    `locked` is the instance we hold, `status` its state: one that does not move now is led the message later.
    """
    subscriptions.lock([(message.name, message.key)])
    found = receiver(message.name, message.key)
    if found is None:
        if begun := _beginning(message):
            starts.leave(begun[0], message)
    elif found.instance_id != locked or status != RUNNING or not _taken(message, found):
        subscriptions.lead_later(message, found.instance_id)


def _taken(message: WorkflowMessage, to: WorkflowSubscription) -> bool:
    """Whether the receiver's step went well; what goes wrong in it is no matter of the sender's and is tried again."""
    try:
        with savepoint():
            _deliver(message, to)
    except OperationalError:
        raise
    except Exception as error:
        log.warning("message %s could not be taken at once", message.id, exc_info=error)
        return False
    return True


def _deliver(message: WorkflowMessage, to: WorkflowSubscription) -> None:
    with context.whole(), context.acting(name=""):
        step = steps.opened(to.instance_id)
        if subscriptions.take(step, message, UUID(to.token)):
            steps.write(step)


def _beginning(message: WorkflowMessage) -> Sequence[WorkflowStart]:
    """The starts a message or signal begins, those of shipped processes nobody has used yet too."""
    definitions.seed()
    return starts.named(message.kind, message.name)


def _tell_all(message: WorkflowMessage) -> None:
    """Leave a job for everybody who waits for a signal now, and for every process that it begins."""
    message.status, message.taken_at = TOLD, clock.now()
    for start in _beginning(message):
        starts.leave(start, message)
    waiting = sa.select(WorkflowSubscription.token, WorkflowSubscription.instance_id).where(
        WorkflowSubscription.kind == SIGNAL, WorkflowSubscription.name == message.name
    )
    for token, instance_id in session().execute(waiting.order_by(WorkflowSubscription.id)).all():
        request = {"message": message.id, "token": token, "instance": instance_id}
        outbox.put(Job(kind=TELL, key=f"tell:{message.id}:{token}", request=request, due_at=clock.now()))


@repeated
def deliver(claim: Claim) -> None:
    """Lead a message on that found its receiver only under the lock of its channel."""
    message = session().get_one(WorkflowMessage, claim.request["message"])
    to = receiver(message.name, message.key)
    found = holding.taken_up(claim, to.instance_id if to is not None else None)
    if found is None:
        return
    session().refresh(message, with_for_update=True)
    _delivered(found[0], message, to)


def _delivered(job: Job, message: WorkflowMessage, to: WorkflowSubscription | None) -> None:
    """Give a message to the receiver whose lock is held, or lead it to whoever waits by now; the step may fail."""
    if message.status != WAITING:
        worker.finish(job)
        return
    subscriptions.lock([(message.name, message.key)])
    now = receiver(message.name, message.key)
    if now is not None and to is not None and now.instance_id == to.instance_id:
        _deliver(message, now)
    elif now is not None and now.instance_id == job.request["instance"]:
        worker.retry(job)  # it waits again since this job looked: from the beginning, with its lock
        return
    else:
        _lead(message, None)
    worker.finish(job)


def _catch_up_on_message(job: Job) -> None:
    message = session().get_one(WorkflowMessage, job.request["message"], with_for_update=True)
    to = receiver(message.name, message.key)
    mine = to is not None and to.instance_id == job.request["instance"]
    _delivered(job, message, to if mine else None)


def _leave_out(job: Job, reason: str) -> None:
    """A message is not led to its receiver, or not sent at all: the process goes on without it."""
    if job.kind == subscriptions.DELIVER:
        message = session().get_one(WorkflowMessage, job.request["message"], with_for_update=True)
        if message.status == WAITING:
            message.status, message.reason = REFUSED, reason[:400]


@repeated
def tell(claim: Claim) -> None:
    """Give a signal to one who waited for it, if it still does."""
    found = holding.taken_up(claim, claim.request["instance"])
    if found is not None:
        _tell_one(*found)


def _tell_one(job: Job, status: str = RUNNING) -> None:
    token = job.request["token"]
    waits = session().scalar(sa.select(WorkflowSubscription).where(WorkflowSubscription.token == token))
    outcome = None
    if waits is not None and status == RUNNING:
        message = session().get_one(WorkflowMessage, job.request["message"])
        with context.whole(), context.acting(name=""):
            step = steps.opened(job.request["instance"])
            reason = subscriptions.give(step, message, UUID(token))
            if reason:
                # others may well take it: what did not fit here stands with this job
                outcome = {"refused": reason}
            else:
                steps.write(step)
    worker.finish(job, outcome)


@repeated
def throw(claim: Claim) -> None:
    """Send what a process threw."""
    told = claim.request
    if holding.laid_aside(claim):
        return
    to = receiver(told["name"], told["key"]) if told["sort"] == MESSAGE else None
    if to is not None:
        steps.lock(to.instance_id)
    job = session().get_one(Job, claim.id, with_for_update=True)
    if job.is_over:
        return
    sent = checked(
        told["sort"], told["name"], told["key"], told["payload"], told["message_id"], told["ttl"], told["sender"]
    )
    message = send(sent)
    worker.finish(job, {"message": message.id})


# -- looked through ----------------------------------------------------------------------------------------


def page(
    statuses: tuple[str, ...] = (), before: int | None = None, *, name: str = "", key: str = ""
) -> list[WorkflowMessage]:
    """Messages in these states, or all, the newest first; one more than a page holds when there are more."""
    require("list", SUBJECT)
    statement = sa.select(WorkflowMessage).order_by(WorkflowMessage.id.desc()).limit(PAGE + 1)
    if statuses:
        statement = statement.where(WorkflowMessage.status.in_(statuses))
    if name:
        statement = statement.where(WorkflowMessage.name == name)
    if key:
        statement = statement.where(WorkflowMessage.key == key)
    if before is not None:
        statement = statement.where(WorkflowMessage.id < before)
    return list(session().scalars(statement))


def counts() -> Mapping[str, int]:
    """{state: messages, up to COUNTED} of what waits or was refused."""
    require("list", SUBJECT)
    found = {}
    for status in (WAITING, REFUSED):
        # a literal, so that the small index of the state is read
        mine = sa.select(WorkflowMessage.id).where(sa.text(f"status = '{status}'")).limit(COUNTED).subquery()
        found[status] = session().scalar(sa.select(sa.func.count()).select_from(mine)) or 0
    return found


@every(timedelta(minutes=1))
def sweep() -> None:
    """Mark what waited longer than it should, and forget what was settled long ago."""
    for _tenant in each_tenant():
        with transaction():
            _expire(clock.now())


def _expire(now: datetime) -> None:
    # what was led to a suspended process has found its receiver: it waits as long as that stands still
    led = sa.select(Job.request["message"].as_integer()).where(Job.kind == subscriptions.DELIVER, Job.state == HELD)
    late = sa.update(WorkflowMessage).where(
        WorkflowMessage.status == WAITING, WorkflowMessage.expires_at <= now, WorkflowMessage.id.not_in(led)
    )
    session().execute(late.values(status=EXPIRED).execution_options(synchronize_session=False))
    settled = sa.and_(WorkflowMessage.received_at < now - KEPT, WorkflowMessage.status.not_in((WAITING, REFUSED)))
    session().execute(sa.delete(WorkflowMessage).where(settled).execution_options(synchronize_session=False))


def init() -> None:
    """Tell the worker who leads messages on."""
    worker.registry.handle(subscriptions.DELIVER, deliver, incidents.give_up)
    worker.registry.handle(TELL, tell, incidents.give_up)
    incidents.skips(subscriptions.DELIVER, _leave_out)
    incidents.skips(TELL, _leave_out)
    incidents.skips(subscriptions.THROWN, _leave_out)
    holding.catches_up(subscriptions.DELIVER, _catch_up_on_message)
    holding.catches_up(TELL, _tell_one)
    worker.registry.handle(subscriptions.THROWN, throw, incidents.give_up)
