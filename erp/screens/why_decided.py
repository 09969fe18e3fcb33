"""Why a gateway took this way and a table answered so: what was asked, where it came from, what was tried."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from erp.decisions.tables import Rule, Table
from erp.i18n import _, format_inside, format_number
from erp.screens import explained, words
from erp.screens.explained import Asked, Tried, Why, giver, shown, source_of, version_at
from erp.screens.heads import Opened
from erp.web.shapes import Shown
from erp.workflow.diagrams import spoken
from erp.workflow.diagrams.diagram import Diagram, Element, Flow
from erp.workflow.diagrams.spoken import Named
from erp.workflow.models import WorkflowEvent

RULES = "businessRuleTask"
TEXTS = re.compile(r'"([^"]*)"')
Events = Sequence[WorkflowEvent]


def gateway(it: Opened, diagram: Diagram, element: Element, own: Events, events: Events, url: str) -> Why:
    """The panel of a question: the answer, what it was found from, and every way that was tried."""
    decided = [event for event in own if event.kind == "decided"]
    title = _("Why this way: %(question)s", question=_(element.label))
    flows = diagram.outgoing.get(element.id, ())
    if not decided:
        return Why(title, "gateway", _("Not decided yet."), could=[way(diagram, flow) for flow in flows], close_url=url)
    last, chosen = decided[-1], [flow for flow in diagram.flows if flow.id in taken(decided[-1])]
    inputs: Mapping[str, Any] = last.data.get("inputs", {})
    found = {name: giver(it, diagram, events, name, last.seq) for name in inputs}
    told = {name: each.named for name, each in found.items() if each is not None and each.named}
    names = explained.names_of(it) | told
    return Why(
        title,
        "gateway",
        _went(diagram, chosen, last, names),
        [
            Asked(explained.label_of(name, names), shown(it, name, value, names), source_of(name, found[name]))
            for name, value in inputs.items()
        ],
        says=_("From"),
        note=_decided_note(it, events, decided),
        tried=[_tried(diagram, each, names) for each in last.data.get("conditions", [])],
        could=[way(diagram, flow) for flow in flows if flow not in chosen],
        is_over=True,
        close_url=url,
    )


def _went(diagram: Diagram, chosen: Sequence[Flow], last: WorkflowEvent, names: Mapping[str, Named]) -> str:
    """The answer, where the process went, and what held: `Yes, so it went on to “Inspected”. Because: …`."""
    target = "”, “".join(_(diagram.elements[f.target].label) for f in chosen if f.target in diagram.elements)
    answer = ", ".join(_(flow.name) for flow in chosen if flow.name)
    sentence = _("The process went on to “%(step)s”.", step=target)
    if answer:
        sentence = _("%(answer)s, so the process went on to “%(step)s”.", answer=answer, step=target)
    held = [each["condition"] for each in last.data.get("conditions", []) if each["holds"]]
    if not held:
        return sentence + " " + _("No condition held, so it took the way drawn as the default.")
    reasons = [said for each in held if (said := spoken.condition(each, names))]
    return sentence + " " + _("Because: %(reasons)s.", reasons="; ".join(reasons)) if reasons else sentence


def _tried(diagram: Diagram, tried: Mapping[str, Any], names: Mapping[str, Named]) -> Tried:
    flow = next((each for each in diagram.flows if each.id == tried["flow"]), None)
    asks = spoken.condition(tried["condition"], names) or tried["condition"]
    is_named = flow is not None and bool(flow.name)
    return Tried(
        _(flow.name) if flow is not None and is_named else asks,
        _("holds") if tried["holds"] else _("does not hold"),
        bool(tried["holds"]),
        asks if is_named else "",
    )


def _decided_note(it: Opened, events: Events, decided: Events) -> str:
    """When, in whose step, by which version, how often."""
    last = decided[-1]
    version = version_at(it, events, last.seq)
    if last.actor:
        note = _(
            "Decided %(moment)s, in the step %(who)s took; version %(number)s of the process.",
            moment=format_inside(last.at), who=last.actor, number=version,
        )  # fmt: skip
    else:
        note = _(
            "Decided %(moment)s; version %(number)s of the process.", moment=format_inside(last.at), number=version
        )
    if len(decided) > 1:
        note += " " + _("Asked %(count)s times; this is the last.", count=format_number(len(decided)))
    return note


def taken(decided: WorkflowEvent) -> list[str]:
    """Ids of the flows a gateway took: several where it is an inclusive one."""
    return [str(flow) for flow in decided.data.get("flows") or [decided.data.get("flow")]]


def way(diagram: Diagram, flow: Flow) -> str:
    """Where a way leads, and what it is called."""
    target = _(diagram.elements[flow.target].label) if flow.target in diagram.elements else flow.target
    return _("%(answer)s: on to “%(step)s”", answer=_(flow.name), step=target) if flow.name else target


def table(it: Opened, diagram: Diagram, element: Element, own: Events, events: Events, url: str) -> Why:
    """What a decision was asked, which rules counted and what they gave; the decisions it needed before it."""
    del diagram
    title = _("Why so: %(step)s", step=_(element.label))
    ruled = [event for event in own if event.kind == "ruled"]
    if not ruled:
        return Why(title, "task", _("Not decided yet."), note=_(element.documentation), close_url=url)
    *before, final = ruled[-1].data["rulings"]
    known = _known(it, element)
    matched = [each for each in (known.rules if known else ()) if each.number in final["rules"]]
    notes = [_(each.note) for each in matched if each.note]
    single = matched[0] if len(matched) == 1 else None
    return Why(
        title,
        "gateway",
        _ruled(final),
        _inputs(it, known, single, final["inputs"]),
        says=_("Rule %(number)s says", number=format_number(single.number)) if single else "",
        outcome=words.outcome_of(final["outputs"], labels_of(it, element)),
        note=" ".join([*notes, _decided_note(it, events, ruled)]),
        facts=[Shown(_(each["decision"]), words.outcome_of(each["outputs"], {})) for each in before],
        close_url=url,
    )


def _inputs(it: Opened, known: Table | None, rule: Rule | None, inputs: Mapping[str, Any]) -> list[Asked]:
    """What a table was asked, each beside what the one rule that counted says of it."""
    names = explained.names_of(it)
    reads = {each.label: each.text for each in known.columns} if known is not None else {}
    cells = dict(zip(reads, rule.cells, strict=False)) if rule is not None else {}
    found = []
    for label, value in inputs.items():
        read = reads.get(label, "")
        choices = names[read].choices if read in names else {}
        says = _cell(cells[label], choices) if label in cells else ""
        found.append(Asked(_(label), shown(it, read, value, names), says, True if label in cells else None))
    return found


def _ruled(final: Mapping[str, Any]) -> str:
    if final["is_default"]:
        return _("No rule matched, so what is said for that counts.")
    if final["rules"]:
        numbers = _(", ").join(format_number(number) for number in final["rules"])
        return _("Decided by rule %(numbers)s of “%(table)s”.", numbers=numbers, table=_(final["decision"]))
    return _("Worked out by “%(table)s”.", table=_(final["decision"]))


def _cell(text: str, choices: Mapping[str, str]) -> str:
    """A cell of a table as people read it: quotes are for the machine."""
    found = TEXTS.findall(text)
    if found and not TEXTS.sub("", text).strip(" ,"):
        return _(", ").join(choices.get(each, _(each)) for each in found)
    plain = text.strip()
    return _("any") if plain in ("", "-") else {"true": _("yes"), "false": _("no")}.get(plain, plain)


def labels_of(it: Opened, element: Element) -> dict[str, str]:
    """What the outputs of the table an element asks are called, by their names; of an expression nothing."""
    known = _known(it, element)
    return {} if known is None else {each.name: each.label for each in known.outputs}


def _known(it: Opened, element: Element) -> Table | None:
    """The table of the version the document runs; None for an expression."""
    model = it.published.decisions.get(element.decision) if it.published else None
    logic = model.find(element.decision).logic if model else None
    return logic if isinstance(logic, Table) else None
