"""Messages and signals sent from outside, and documents that a message, a signal or the clock makes."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from erp import clock, context
from erp.access import require
from erp.data.base import repeated, savepoint, session, transaction
from erp.data.organisation import Company, each_tenant
from erp.documents import signed_links
from erp.documents.base import Document
from erp.documents.signed_links import Grant, SignedLink
from erp.documents.types import declared, document_type
from erp.errors import Conflict, ErpError, Invalid, PluginAway
from erp.forms.bind import bind_json
from erp.i18n import _
from erp.jobs import worker
from erp.jobs.claims import Claim
from erp.jobs.marks import every
from erp.jobs.models import Job
from erp.operations import documents
from erp.workflow import definitions, history, steps
from erp.workflow.diagrams import exchange
from erp.workflow.diagrams.elements import Element
from erp.workflow.diagrams.exchange import MESSAGE, SIGNAL
from erp.workflow.messaging import messages, starts, subscriptions
from erp.workflow.models import REFUSED, WorkflowMessage, WorkflowStart
from erp.workflow.scripting import scripts
from erp.workflow.scripting.values import Values
from erp.workflow.steps import Beginning

BY_LINK = "message"
"""Key of a signed link's scope, and beginning of its purpose."""
COMPANY = "company"
"""Property of a start event: in which company's name the document is made."""
log = logging.getLogger(__name__)


@repeated
def send_message(
    name: str, key: Any, payload: Mapping[str, Any], message_id: str, *, ttl: str = "", sender: str = ""
) -> WorkflowMessage:
    """Send a message to whoever waits for it under this key; it waits `ttl` (ISO duration, usually a week) for them.

    The same id again changes nothing and gives the same message. Raises Forbidden, Invalid with a sentence for each
    part, and Conflict for an id used for another message.
    """
    require("send", messages.SUBJECT)
    return messages.send(messages.checked(MESSAGE, name, key, payload, message_id, ttl, sender))


@repeated
def send_signal(name: str, payload: Mapping[str, Any], message_id: str, *, sender: str = "") -> WorkflowMessage:
    """Tell everybody who waits for a signal now; raises as `send_message`."""
    require("send", messages.SUBJECT)
    return messages.send(messages.checked(SIGNAL, name, None, payload, message_id, "", sender))


def message_link(
    document: Document, name: str, key: Any, payload: Mapping[str, Any], *, holder: str, language: str = "en",
    sentence: str = "", button: str = "", days: int = 14, token: str = "",
) -> str:  # fmt: skip
    """The token of a link whose holder sends this one message by a button; older ones of the document are revoked.

    `sentence` and `button` are what the page says, in the holder's language. Raises Invalid as `send_message`.
    """
    sent = messages.checked(MESSAGE, name, key, payload, "link")
    told = {"name": sent.name, "key": sent.key, "payload": dict(sent.payload), "sentence": sentence, "button": button}
    link = SignedLink(
        purpose=f"{BY_LINK}:{name}"[:60], subject=document.__tablename__, subject_id=document.id, holder=holder,
        language=language, scope={BY_LINK: told},
    )  # fmt: skip
    return signed_links.issue(link, token=token, days=days)


@repeated
def send_by_link(grant: Grant) -> WorkflowMessage:
    """Send the message of an opened link; the link is the right to, and sends it once however often it is pressed."""
    told = grant.scope[BY_LINK]
    sent = messages.checked(
        MESSAGE, told["name"], told["key"], told["payload"], _id_of(grant), sender=f"{grant.holder} (link)"
    )
    return messages.send(sent)


def sent_by_link(grant: Grant) -> WorkflowMessage | None:
    """The message of a link, if it was sent."""
    return session().scalar(sa.select(WorkflowMessage).where(WorkflowMessage.message_id == _id_of(grant)))


def _id_of(grant: Grant) -> str:
    return f"link:{grant.id}"


# -- documents that nobody makes by hand -----------------------------------------------------------------


@repeated
def begin(claim: Claim) -> None:
    """Make the document whose process a message, a signal or the clock begins."""
    job = session().get_one(Job, claim.id, with_for_update=True)
    if job.is_over:
        return
    start = starts.find(claim.request["process"], claim.request["element"])
    message = _message_of(claim)
    if start is None:
        if message is not None:
            message.status, message.reason = REFUSED, _("The process does not begin with it any more.")
        worker.finish(job, {"refused": "gone"})
        return
    if start.process not in declared():
        raise PluginAway
    try:
        with savepoint():
            made = _make(start, message)
    except (Invalid, Conflict) as error:
        if message is None:
            raise
        message.status, message.reason = REFUSED, _told(error)
        worker.finish(job, {"refused": message.reason})
        return
    if message is not None and message.kind == MESSAGE:
        instance = steps.instance_of(made)
        message.instance_id = instance.id if instance is not None else None
    if start.kind == starts.TIMER:
        # what was missed while everything was off is made good once
        starts.schedule(start, max(clock.now(), datetime.fromisoformat(claim.request["due"])))
    worker.finish(job, {"document": made.id})


def _message_of(claim: Claim) -> WorkflowMessage | None:
    known = claim.request.get("message")
    if known is None:
        return None
    return session().get_one(WorkflowMessage, known, with_for_update=True)


def _make(start: WorkflowStart, message: WorkflowMessage | None) -> Document:
    element = definitions.published(start.definition_id).diagram.elements[start.element]
    kind = document_type(start.process)
    payload = message.payload if message is not None else {}
    brought = exchange.taken(element, payload)
    with context.whole(), context.acting(name="", company_id=_company(element)):
        values = bind_json(kind.editable, _fields(element, brought)).checked()
        return documents.make(kind, values, Beginning(start.element, brought, _told_of(start, message)))


def _told_of(start: WorkflowStart, message: WorkflowMessage | None) -> dict[str, Any]:
    if message is None:
        return {}
    return {"sort": message.kind, "name": start.name, "key": message.key} | subscriptions.told_of(message)


def _fields(element: Element, brought: Values) -> dict[str, Any]:
    """What the start event fills in, as a program would send it; raises Invalid naming the field."""
    found: dict[str, Any] = {}
    errors: dict[str, str] = {}
    for name, text in exchange.fields_of(element).items():
        try:
            found[name] = history.plain(scripts.evaluate(text, brought, {}, clock.now))
        except ErpError as error:
            errors[name] = error.message
    if errors:
        raise Invalid(fields=errors)
    return found


def _company(element: Element) -> int:
    """The company a start event names, else the one who published it works for, else the first there is."""
    wanted = element.properties.get(COMPANY, "").strip()
    statement = sa.select(Company.id).order_by(Company.id).limit(1)
    if wanted:
        found = session().scalar(statement.where(Company.name == wanted))
        if found is None:
            raise Invalid(_("There is no company “%(name)s”.", name=wanted))
        return found
    return context.current().company_id or session().scalars(statement).one()


def _told(error: ErpError) -> str:
    """Why it was refused, with what is wrong with each field."""
    parts = [error.message, *(f"{name}: {text}" for name, text in error.fields.items())]
    return " ".join(parts)[:400]


@every(timedelta(minutes=5))
def keep_the_clock() -> None:
    """See that every timer that begins a process has a job for its next moment, company by company."""
    for _tenant in each_tenant():
        with transaction():
            definitions.seed()
            for start in starts.unscheduled():
                starts.schedule(start, clock.now())


def give_up(claim: Claim, reason: str) -> None:
    """No document could be made: the message that should have begun it says so."""
    message = _message_of(claim)
    if message is not None and message.kind == MESSAGE:
        message.status, message.reason = REFUSED, reason[:400]


def init() -> None:
    """Tell the worker who makes these documents."""
    messages.init()
    worker.registry.handle(starts.BEGIN, begin, give_up)
