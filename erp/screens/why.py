"""Why the document went this way, element by element: what was asked, who did it when, and by which version."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from erp import clock
from erp.access import role_name
from erp.data.base import session
from erp.documents.fields import moment
from erp.i18n import _, format_duration, format_inside, format_number
from erp.screens import approvals, why_decided, within
from erp.screens.explained import Why, version_at
from erp.screens.heads import Opened
from erp.screens.why_decided import RULES
from erp.web.shapes import Shown
from erp.workflow.diagrams import exchange, spoken
from erp.workflow.diagrams.diagram import Diagram, Element
from erp.workflow.diagrams.dialect import CONDITIONAL
from erp.workflow.models import WorkflowEvent, WorkflowTask
from erp.workflow.people import tasks

RACE = "eventBasedGateway"
DONE = frozenset({"completed", "action", "passed", "timer_fired", "skipped", "sent", "received", "decided", "script"})
OFF = frozenset({"cancelled", "failed"})


def why(it: Opened, diagram: Diagram, events: Sequence[WorkflowEvent], asked: str, url: str) -> Why | None:
    """The panel of an element of the document's own process, None for what is not there."""
    element = diagram.elements.get(asked)
    if element is None:
        return None
    own = [event for event in events if event.element == asked and not event.scope]
    if element.kind in CONDITIONAL:
        return why_decided.gateway(it, diagram, element, own, events, url)
    if element.kind == RULES:
        return why_decided.table(it, diagram, element, own, events, url)
    return _step(it, diagram, element, own, events, url)


def _step(
    it: Opened, diagram: Diagram, element: Element, own: Sequence[WorkflowEvent], events: Sequence[WorkflowEvent],
    url: str,
) -> Why:  # fmt: skip
    shape = "event" if element.kind.endswith("Event") else "task"
    begun = [event for event in own if event.kind == "entered"]
    done = [event for event in own if event.kind in DONE]
    last = _last_task(it, element)
    told = [approvals.event_words(e.kind, _(element.label), e.data)[0] for e in own]
    facts = [
        *_who(element, last),
        *_times(begun, done, last),
        *_timer(element, own),
        *_message(own),
        *_called(it, element),
        *(Shown(_("Approval"), text, wide=True) for text in told if text),
    ]
    if done or begun:
        seq = (done or begun)[-1].seq
        facts.append(Shown(_("Version"), version_at(it, events, seq)))
    return Why(
        _(element.label),
        shape,
        _sentence(it, diagram, element, own, begun, done),
        note=_(element.documentation),
        could=[why_decided.way(diagram, flow) for flow in diagram.outgoing.get(element.id, ())] if not done else [],
        facts=facts,
        within=within.of(it, element, events),
        close_url=url,
    )


def _last_task(it: Opened, element: Element) -> WorkflowTask | None:
    """The newest task of a step of a person, open or not."""
    if element.kind not in {"userTask", "manualTask"} or it.instance is None:
        return None
    mine = sa.select(WorkflowTask).where(WorkflowTask.instance_id == it.instance.id, WorkflowTask.scope == "")
    return session().scalar(mine.where(WorkflowTask.element == element.id).order_by(WorkflowTask.id.desc()).limit(1))


# -- in a sentence ---------------------------------------------------------------------------------------


def _sentence(
    it: Opened, diagram: Diagram, element: Element, own: Sequence[WorkflowEvent], begun: Sequence[WorkflowEvent],
    done: Sequence[WorkflowEvent],
) -> str:  # fmt: skip
    task = it.task(element.id)
    if task is not None:
        since = format_duration(clock.now() - task.opened_at)
        return _("%(who)s has it now, for %(time)s.", who=tasks.who_has(task), time=since)
    if any(incident.element == element.id for incident in it.incidents):
        return _("It is stuck: see the incident above.")
    if len(begun) > len(done) + sum(event.kind in OFF for event in own):
        return _waiting(element)
    if done:
        text = _done(diagram, element, begun, done[-1])
        if len(done) > 1:
            text += " " + _("%(count)s times in all; this is the last.", count=format_number(len(done)))
        return text
    if any(event.kind in OFF for event in own):
        return _("It was broken off: the process went another way.")
    return _("The document has not come here.")


def _done(diagram: Diagram, element: Element, begun: Sequence[WorkflowEvent], last: WorkflowEvent) -> str:
    """What the last passage was, who or what made it, and how long it took."""
    at, who = format_inside(last.at), last.actor or _("The program")
    if last.kind == "skipped":
        return _("Skipped by %(who)s, %(at)s.", who=who, at=at)
    if last.kind == "timer_fired":
        host = diagram.elements.get(element.attached_to)
        if host is not None:
            return _("“%(step)s” was not done in time, so this way was taken, %(at)s.", step=_(host.label), at=at)
        return _("The time was up, %(at)s.", at=at)
    if last.kind == "passed":
        return _("The document became “%(state)s”, %(at)s.", state=_(element.label), at=at)
    if last.kind in {"sent", "received"}:
        return f"{told_of(last, _(element.label))}, {at}."
    return _worked(element, last.at - begun[-1].at if begun else timedelta(), who, at)


def _worked(element: Element, took: timedelta, who: str, at: str) -> str:
    if element.kind in {"userTask", "manualTask"}:
        return _("Done by %(who)s, %(at)s, %(time)s after it came.", who=who, at=at, time=format_duration(took))
    if element.kind in {"callActivity", "subProcess"}:
        return _("Over since %(at)s, after %(time)s.", at=at, time=format_duration(took))
    if element.kind in {"serviceTask", "scriptTask", "sendTask"}:
        return _("Done by the program, %(at)s.", at=at)
    return _("Passed, %(at)s.", at=at)


def _waiting(element: Element) -> str:
    """What an element that has begun is at."""
    kind = exchange.kind_of(element)
    if kind == exchange.MESSAGE:
        return _("It waits for the message “%(name)s”.", name=element.channel)
    if kind == exchange.SIGNAL:
        return _("It waits for the signal “%(name)s”.", name=element.channel)
    if element.kind == RACE:
        return _("It waits for whatever comes first.")
    if element.timer is not None:
        return _("It waits for its time.")
    return _("It is being done now.")


# -- as facts --------------------------------------------------------------------------------------------


def _who(element: Element, last: WorkflowTask | None) -> list[Shown]:
    """Who may do it, why they, who took it and who handed it to them."""
    found = [Shown(_("Role"), role_name(element.lane))] if element.lane and element.kind in _OF_PEOPLE else []
    if last is None:
        return found
    if last.approval is None and last.asked and (reason := approvals.because(last.asked)):
        found.append(Shown(_("Why they"), reason, wide=True))
    if last.claimed_at is not None:
        found.append(Shown(_("Taken"), last.claimed_at, "datetime", sub=last.assignee))
    if last.given_by:
        found.append(Shown(_("Given by"), last.given_by, sub=last.note))
    return found


_OF_PEOPLE = frozenset({"userTask", "manualTask"})


def _times(begun: Sequence[WorkflowEvent], done: Sequence[WorkflowEvent], last: WorkflowTask | None) -> list[Shown]:
    found = []
    if begun:
        found.append(Shown(_("Came"), begun[-1].at, "datetime"))
    if done:
        found.append(Shown(_("Done"), done[-1].at, "datetime"))
        found.append(Shown(_("By"), done[-1].actor or _("Automatic")))
    if last is not None and last.due_at is not None:
        until = last.closed_at or clock.now()
        late = _("%(time)s late", time=format_duration(until - last.due_at)) if until > last.due_at else ""
        found.append(Shown(_("Due"), last.due_at, "datetime", sub=late or (_("in time") if last.closed_at else "")))
    return found


def _called(it: Opened, element: Element) -> list[Shown]:
    """Which process a call activity calls, and in which version."""
    if not element.called or it.published is None:
        return []
    name, number = within.called(it.published, element)
    return [Shown(_("Calls"), name, sub=_("Version %(number)s", number=format_number(number)) if number else "")]


def told_of(event: WorkflowEvent, step: str) -> str:
    """A message or signal that was sent or came, in a sentence."""
    data = event.data
    if event.kind == "sent":
        if data.get("sort") == exchange.SIGNAL:
            return _("%(step)s: told everybody of “%(name)s”", step=step, name=data.get("name", ""))
        return _(
            "%(step)s: sent “%(name)s” with the key %(key)s", step=step, name=data.get("name", ""), key=data.get("key")
        )
    if data.get("sort") == exchange.SIGNAL:
        return _("%(step)s: heard “%(name)s” from %(who)s", step=step, name=data.get("name", ""), who=_sender(data))
    if not data.get("key"):
        return _("%(step)s: “%(name)s” came from %(who)s", step=step, name=data.get("name", ""), who=_sender(data))
    return _(
        "%(step)s: “%(name)s” with the key %(key)s came from %(who)s",
        step=step, name=data.get("name", ""), key=data["key"], who=_sender(data),
    )  # fmt: skip


def _sender(data: Mapping[str, Any]) -> str:
    return str(data.get("sender") or _("outside"))


def _message(own: Sequence[WorkflowEvent]) -> list[Shown]:
    """Of a message or signal: its name and key, who sent it and when, how it came to be taken later."""
    event = next((each for each in reversed(own) if each.kind in {"sent", "received"}), None)
    if event is None:
        return []
    data = event.data
    facts = [Shown(_("Signal") if data.get("sort") == exchange.SIGNAL else _("Message"), str(data.get("name", "")))]
    if data.get("key"):
        facts.append(Shown(_("Key"), str(data["key"])))
    if event.kind == "received":
        facts.append(Shown(_("Sender"), _sender(data)))
        if data.get("sent_at"):
            facts.append(Shown(_("Sent"), moment(str(data["sent_at"])), "datetime"))
    return facts


def _timer(element: Element, own: Sequence[WorkflowEvent]) -> list[Shown]:
    """How a timer is set, and when it was due."""
    found = [Shown(_("Set to"), spoken.timer(element.timer))] if element.timer is not None else []
    for event in reversed(own):
        due = event.data.get("due")
        if due:
            try:
                return [*found, Shown(_("Was due"), moment(str(due)), "datetime")]
            except ValueError:
                return found
    return found
