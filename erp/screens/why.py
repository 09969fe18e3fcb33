"""Why the document went this way: what a gateway asked and found, or who did a step and when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from erp.decisions.tables import Table
from erp.documents.fields import moment
from erp.i18n import _, format_datetime, format_number
from erp.screens import approvals, words
from erp.screens.heads import Opened
from erp.web.shapes import Shown
from erp.workflow import exchange, tasks
from erp.workflow.diagram import Diagram, Element, Flow
from erp.workflow.dialect import CONDITIONAL
from erp.workflow.models import WorkflowEvent

RULES, RACE = "businessRuleTask", "eventBasedGateway"


@dataclass(frozen=True)
class Asked:
    """What was looked at; `ok` is None where nothing was judged."""

    name: str
    value: str
    rule: str
    ok: bool | None = None


@dataclass(frozen=True)
class Tried:
    """A way that was tried, in order."""

    label: str
    text: str
    matched: bool = False


@dataclass(frozen=True)
class Why:
    """The panel beside the diagram; shape: gateway | task | event."""

    title: str
    shape: str
    sentence: str
    asked: Sequence[Asked] = ()
    outcome: str = ""
    note: str = ""
    tried: Sequence[Tried] = ()
    could: Sequence[str] = ()
    facts: Sequence[Shown] = ()
    close_url: str = ""


def why(it: Opened, diagram: Diagram, events: Sequence[WorkflowEvent], asked: str, url: str) -> Why | None:
    """The panel of an element of the document's own process, None for what is not there."""
    element = diagram.elements.get(asked)
    if element is None:
        return None
    own = [event for event in events if event.element == asked and not event.scope]
    if element.kind in CONDITIONAL:
        return _decision(diagram, element, own, url)
    if element.kind == RULES:
        return _ruled(it, element, own, url)
    return _step(it, diagram, element, own, events, url)


def _decision(diagram: Diagram, element: Element, own: Sequence[WorkflowEvent], url: str) -> Why:
    decided = [event for event in own if event.kind == "decided"]
    title = _("Why this way: %(question)s", question=_(element.label))
    if not decided:
        ways = [_way(diagram, flow) for flow in diagram.outgoing.get(element.id, ())]
        return Why(title, "gateway", _("Not decided yet."), could=ways, close_url=url)
    last = decided[-1]
    data: dict[str, Any] = last.data
    chosen = [flow for flow in diagram.flows if flow.id in taken(last)]
    conditions: list[dict[str, Any]] = data.get("conditions", [])
    flows = {flow.id: flow for flow in diagram.flows}
    tried = [
        Tried(
            _(flows[each["flow"]].name) if each["flow"] in flows and flows[each["flow"]].name else each["condition"],
            _("holds") if each["holds"] else _("does not hold"),
            bool(each["holds"]),
        )
        for each in conditions
    ]
    rule = next((each["condition"] for each in conditions if each["holds"]), "")
    inputs: dict[str, Any] = data.get("inputs", {})
    asked = [
        Asked(name, words.plain(value), rule if name.split(".")[-1] in rule else "", True if rule else None)
        for name, value in inputs.items()
    ]
    target = "”, “".join(_(diagram.elements[f.target].label) for f in chosen if f.target in diagram.elements)
    answer = ", ".join(_(flow.name) for flow in chosen if flow.name)
    sentence = _("The process went on to “%(step)s”.", step=target)
    if answer:
        sentence = _("%(answer)s, so the process went on to “%(step)s”.", answer=answer, step=target)
    if not rule:
        sentence += " " + _("No condition held, so it took the way drawn as the default.")
    note = _("Decided %(moment)s.", moment=format_datetime(last.at))
    if len(decided) > 1:
        note += " " + _("Asked %(count)s times; this is the last.", count=format_number(len(decided)))
    others = [flow for flow in diagram.outgoing.get(element.id, ()) if flow not in chosen]
    return Why(
        title,
        "gateway",
        sentence,
        asked,
        note=note,
        tried=tried,
        could=[_way(diagram, f) for f in others],
        close_url=url,
    )


def taken(decided: WorkflowEvent) -> list[str]:
    """Ids of the flows a gateway took: several where it is an inclusive one."""
    return [str(flow) for flow in decided.data.get("flows") or [decided.data.get("flow")]]


def _way(diagram: Diagram, flow: Flow) -> str:
    target = _(diagram.elements[flow.target].label) if flow.target in diagram.elements else flow.target
    return _("%(answer)s: on to “%(step)s”", answer=_(flow.name), step=target) if flow.name else target


def _ruled(it: Opened, element: Element, own: Sequence[WorkflowEvent], url: str) -> Why:
    """What a decision was asked, which rules counted and what they gave; the decisions it needed before it."""
    title = _("Why so: %(step)s", step=_(element.label))
    ruled = [event for event in own if event.kind == "ruled"]
    if not ruled:
        return Why(title, "task", _("Not decided yet."), note=_(element.documentation), close_url=url)
    last = ruled[-1]
    *before, final = last.data["rulings"]
    known = _known(it, element)
    outcome = words.outcome_of(final["outputs"], labels_of(it, element))
    numbers = _(", ").join(format_number(number) for number in final["rules"])
    if final["is_default"]:
        sentence = _("No rule matched, so what is said for that counts.")
    elif final["rules"]:
        sentence = _("Decided by rule %(numbers)s of “%(table)s”.", numbers=numbers, table=_(final["decision"]))
    else:
        sentence = _("Worked out by “%(table)s”.", table=_(final["decision"]))
    notes = [] if known is None else [each.note for each in known.rules if each.number in final["rules"] and each.note]
    note = " ".join([*(_(each) for each in notes), _("Decided %(moment)s.", moment=format_datetime(last.at))])
    return Why(
        title,
        "gateway",
        sentence,
        [Asked(_(name), words.plain(value), "") for name, value in final["inputs"].items()],
        outcome,
        note,
        facts=[Shown(_(each["decision"]), words.outcome_of(each["outputs"], {})) for each in before],
        close_url=url,
    )


def labels_of(it: Opened, element: Element) -> dict[str, str]:
    """What the outputs of the table an element asks are called, by their names; of an expression nothing."""
    known = _known(it, element)
    return {} if known is None else {each.name: each.label for each in known.outputs}


def _known(it: Opened, element: Element) -> Table | None:
    """The table of the version the document runs; None for an expression."""
    model = it.published.decisions.get(element.decision) if it.published else None
    logic = model.find(element.decision).logic if model else None
    return logic if isinstance(logic, Table) else None


def events_of(element: Element, own: Sequence[WorkflowEvent], events: Sequence[WorkflowEvent]) -> list[WorkflowEvent]:
    """What happened at an element, and inside the process it calls."""
    inside = [event for event in events if event.scope.split("/")[0] == element.id] if element.called else []
    return [*own, *inside]


def _step(
    it: Opened, diagram: Diagram, element: Element, own: Sequence[WorkflowEvent], events: Sequence[WorkflowEvent],
    url: str,
) -> Why:  # fmt: skip
    shape = "event" if element.kind.endswith("Event") else "task"
    title = _(element.label)
    begun = [event for event in own if event.kind == "entered"]
    done = [
        event
        for event in own
        if event.kind in {"completed", "action", "passed", "timer_fired", "skipped", "sent", "received", "decided"}
    ]
    task = it.task(element.id)
    facts = [Shown(_("Role"), _(element.lane))] if element.lane else []
    if begun:
        facts.append(Shown(_("Began"), begun[-1].at, "datetime"))
    if done:
        facts.append(Shown(_("Done"), done[-1].at, "datetime"))
        facts.append(Shown(_("By"), done[-1].actor or _("Automatic")))
    if task is not None and task.due_at is not None:
        facts.append(Shown(_("Due"), task.due_at, "datetime"))
    facts += [*_timer(own), *_message(own)]
    told = [approvals.event_words(event.kind, title, event.data)[0] for event in events_of(element, own, events)]
    facts += [Shown(_("Approval"), text, wide=True) for text in told if text]
    if task is not None:
        sentence = _("%(who)s has it now.", who=tasks.who_has(task))
    elif any(incident.element == element.id for incident in it.incidents):
        sentence = _("It is stuck: see the incident above.")
    elif len(begun) > len(done):
        sentence = _waiting(element)
    elif done:
        sentence = _("Passed.") if shape == "event" else _("Done.")
    elif any(event.kind in {"cancelled", "failed"} for event in own):
        sentence = _("It was broken off: the process went another way.")
    else:
        sentence = _("The document has not come here.")
    if len(done) > 1:
        sentence += " " + _("%(count)s times in all; this is the last.", count=format_number(len(done)))
    ways = [_way(diagram, flow) for flow in diagram.outgoing.get(element.id, ())] if not done else []
    return Why(title, shape, sentence, note=_(element.documentation), could=ways, facts=facts, close_url=url)


def _waiting(element: Element) -> str:
    """What an element that has begun is at."""
    kind = exchange.kind_of(element)
    if kind == exchange.MESSAGE:
        return _("It waits for the message “%(name)s”.", name=element.channel)
    if kind == exchange.SIGNAL:
        return _("It waits for the signal “%(name)s”.", name=element.channel)
    if element.kind == RACE:
        return _("It waits for whatever comes first.")
    return _("It is being done now.")


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
        facts.append(Shown(_("From"), _sender(data)))
        if data.get("sent_at"):
            facts.append(Shown(_("Sent"), moment(str(data["sent_at"])), "datetime"))
    return facts


def _timer(own: Sequence[WorkflowEvent]) -> list[Shown]:
    """When a timer was due."""
    for event in reversed(own):
        due = event.data.get("due")
        if due:
            try:
                return [Shown(_("Was due"), moment(str(due)), "datetime")]
            except ValueError:
                return []
    return []
