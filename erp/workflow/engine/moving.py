"""Tokens moved by hand: from where one waits to another element of its scope, or not at all."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from SpiffWorkflow.util.task import TaskState

from erp.i18n import _
from erp.workflow.diagrams.diagram import Diagram, Element
from erp.workflow.diagrams.tokens_ahead import Marking
from erp.workflow.engine.changes import Place
from erp.workflow.engine.compiling import Spec
from erp.workflow.engine.gateways import Meeting
from erp.workflow.engine.tokens import CalledProcess, Process, Token
from erp.workflow.errors import NoTarget, NotMovable, NotWaiting, PastApproval, WouldStarve
from erp.workflow.migration import moves

BELONGING = frozenset({"on", "watch"})
"""Marks of what waits on a boundary or for an event subprocess: it comes and goes with what it belongs to."""


@dataclass(frozen=True)
class Wait:
    """A token that waits somewhere: for a person, an answer, a time, a message, what runs inside, or other paths."""

    id: UUID
    place: Place


def waits(tokens: Iterable[Token]) -> tuple[Wait, ...]:
    """The tokens that may be moved, by what they wait at."""
    return tuple(Wait(token.id, token.place) for token in tokens if _waits(token) and "of" not in token.internal_data)


def move(spec: Spec, token: Token, target: str, *, past_approvals: bool, **told: Any) -> Element:
    """Put a waiting token at another element of its scope, with its data; where it is now. `told` is kept with it.

    Raises NotWaiting, NotMovable, NoTarget, WouldStarve and PastApproval, each before anything has changed.
    """
    found = _checked(spec, token, target, past_approvals=past_approvals)
    workflow = token.workflow
    token.run_state.recorder.event("moved", token.place, token.id, to=found.id, to_name=found.label, **told)
    for other in _beside(token):
        other.cancel()
    token.cancel()
    workflow.task_tree.follow(workflow.spec.task_specs[found.id], token.data, token.stamps)
    return found


def _checked(spec: Spec, token: Token, target: str, *, past_approvals: bool) -> Element:
    if "of" in token.internal_data:
        raise NotMovable
    if not _waits(token):
        raise NotWaiting(detail={"task": str(token.id)})
    at, diagram = token.task_spec.element, token.workflow.diagram
    at_target: Element | None = diagram.elements.get(target)
    if at_target is None or at_target not in moves.targets(diagram, at):
        raise NoTarget(detail={"element": target})
    starved = _starved(diagram, token, at_target)
    if starved:
        raise WouldStarve(
            _("Moved there, “%(join)s” would wait for ever for what never comes.",
              join=_(", ").join(_(each.label) for each in starved)),
            detail={"joins": [each.id for each in starved]},
        )  # fmt: skip
    passed = moves.approvals_passed(spec.diagrams, diagram.id, at.id, at_target.id)
    if passed and not past_approvals:
        raise PastApproval(
            _("The way to “%(target)s” leads past “%(approvals)s”. Say why it may be left out.",
              target=_(at_target.label), approvals=_(", ").join(_(each.label) for each in passed)),
            detail={"approvals": [each.id for each in passed]},
        )  # fmt: skip
    return at_target


def _waits(token: Token) -> bool:
    """Whether a token stands still until something happens."""
    if token.internal_data.keys() & BELONGING:
        return False
    if token.has_state(TaskState.READY):
        return bool(token.task_spec.manual)
    return bool(token.has_state(TaskState.WAITING | TaskState.STARTED))


def _beside(token: Token) -> list[Token]:
    """Those that wait with it behind one event based gateway: the first to happen would have called them off."""
    gate = token.internal_data.get("gate")
    if gate is None:
        return []
    live = token.workflow.live.values()
    return [other for other in live if other is not token and other.internal_data.get("gate") == gate]


def _starved(diagram: Diagram, token: Token, target: Element) -> list[Element]:
    """Joins that the move would leave without a token they wait for."""
    workflow, leaving = token.workflow, {token.id, *(other.id for other in _beside(token))}
    rest = _marking(workflow, leaving)
    before, after = rest | {(token.task_spec.element.id, "")}, rest | {(target.id, "")}
    joins = moves.starved(diagram, target.inside, before, after)
    return [element for element in diagram.within(target.inside) if element.id in joins]


def _marking(workflow: Process | CalledProcess, leaving: set[UUID]) -> Marking:
    """Where the other tokens of a scope are; what waits behind an event based gateway is one token, at the gateway."""
    found: set[tuple[str, str]] = set()
    for token in workflow.live.values():
        internal = token.internal_data
        if token.id in leaving or "of" in internal or internal.keys() & BELONGING:
            continue
        if "gate" in internal:
            found.add((token.origin, ""))
        else:
            came_from = token.origin if isinstance(token.task_spec, Meeting) else ""
            found.add((token.task_spec.element.id, came_from))
    return frozenset(found)
