"""Running documents go to another version of their process: looked at before, moved one by one, put back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from erp import context
from erp.access import CUSTOMER, require
from erp.data.base import repeated, session
from erp.errors import Invalid, NotFound
from erp.i18n import _
from erp.modelling import catalogue, checking, drafts
from erp.modelling.models import WorkflowDraft
from erp.modelling.rights import SUBJECT
from erp.workflow import definitions
from erp.workflow.definitions import Published
from erp.workflow.diagrams.diagram import DiagramInvalid
from erp.workflow.diagrams.elements import Element
from erp.workflow.errors import DiagramRefused
from erp.workflow.migration import judging, mapping, migrating
from erp.workflow.migration.judging import Verdict, Wish
from erp.workflow.migration.mapping import Chosen, ElementMap
from erp.workflow.migration.obstacles import Obstacle
from erp.workflow.models import LIVE, WorkflowDefinition, WorkflowInstance, WorkflowMigration

MOST = 1000
"""Documents that are judged while somebody waits."""


@dataclass(frozen=True)
class Gone:
    """An element of a version that runs which has no counterpart, and what may take its place."""

    process: str
    element: str
    label: str
    sort: str
    """What it is, in words."""
    options: Sequence[tuple[str, str]]
    """(id, label) of those of its sort in the new version."""
    chosen: str
    standing: int
    """How many of the documents stand there, or are in that state."""


@dataclass(frozen=True)
class Outlook:
    """What moving would do to each running document."""

    total: int
    verdicts: Sequence[Verdict]
    gone: Sequence[Gone]
    numbers: Mapping[int, int]
    """{id of a version: its number}"""

    @property
    def movable(self) -> int:
        """How many of those judged can go."""
        return sum(each.can_move for each in self.verdicts)

    @property
    def reasons(self) -> list[tuple[str, int]]:
        """(why not, how many documents), what holds most first."""
        told = Counter(
            obstacle.message
            for each in self.verdicts
            if not each.can_move
            for obstacle in dict.fromkeys(each.obstacles)
            if not obstacle.is_askable or all(other.is_askable for other in each.obstacles)
        )
        return told.most_common()

    @property
    def asks(self) -> list[Obstacle]:
        """What needs a reason, each thing once."""
        return list(dict.fromkeys(each for one in self.verdicts for each in one.obstacles if each.is_askable))


def running(key: str, target_id: int, of: int | None = None) -> list[tuple[int, int]]:
    """(instance, document) of everything under way in other versions, or in one of them, the oldest first."""
    mine = (
        sa.select(WorkflowInstance.id, WorkflowInstance.document_id)
        .join(WorkflowDefinition, WorkflowDefinition.id == WorkflowInstance.definition_id)
        .where(WorkflowDefinition.key == key, WorkflowInstance.status.in_(LIVE))
        .where(WorkflowInstance.definition_id == of if of else WorkflowInstance.definition_id != target_id)
    )
    return [(row[0], row[1]) for row in session().execute(mine.order_by(WorkflowInstance.id))]


def running_versions(key: str) -> set[int]:
    """Ids of the versions of a process that documents run."""
    used = (
        sa.select(WorkflowInstance.definition_id)
        .join(WorkflowDefinition, WorkflowDefinition.id == WorkflowInstance.definition_id)
        .where(WorkflowDefinition.key == key, WorkflowInstance.status.in_(LIVE))
    )
    return set(session().scalars(used.distinct()))


def remembered(key: str, row: WorkflowDefinition) -> Chosen:
    """What takes the place of what on the way back to a drawing documents were moved from; empty where none was."""
    origin = aliased(WorkflowDefinition)
    kept = (
        sa.select(WorkflowMigration.chosen)
        .join(origin, origin.id == WorkflowMigration.from_id)
        .join(WorkflowInstance, WorkflowInstance.id == WorkflowMigration.instance_id)
        .where(origin.key == key, origin.sha256 == row.sha256, WorkflowMigration.undone_at.is_(None))
        .where(WorkflowInstance.definition_id == WorkflowMigration.to_id, WorkflowInstance.status.in_(LIVE))
    )
    found: dict[str, dict[str, str]] = {}
    for chosen in session().scalars(kept.distinct().limit(20)):
        for process, some in chosen.items():
            found.setdefault(process, {}).update({new: old for old, new in some.items()})
    return found


def outlook(
    key: str, target: Published, chosen: Chosen | None = None, reason: str = "", of: int | None = None
) -> Outlook:
    """What moving all running documents, or those of one version, would do now; at most MOST are judged."""
    require("show", SUBJECT)
    with context.whole():
        found = running(key, target.id, of)
        wished = wish(key, target, chosen or {}, reason)
        verdicts = list(judging.judge([instance_id for instance_id, _document in found[:MOST]], wished))
    froms = {each.from_id for each in verdicts}
    numbers = {row.id: row.number for row in definitions.versions(key)}
    return Outlook(len(found), verdicts, list(_gone(froms, wished, verdicts)), numbers)


def wish(key: str, target: Published, chosen: Chosen, reason: str = "") -> Wish:
    """Where documents shall go, with what there is in this company."""
    return Wish(target, chosen, reason.strip(), {*catalogue.lanes(), CUSTOMER}, catalogue.relied_on(key))


def _gone(froms: set[int], wished: Wish, verdicts: Sequence[Verdict]) -> Iterator[Gone]:
    standing = Counter(
        each.element
        for one in verdicts
        for each in one.obstacles
        if each.code in ("element_gone", "kind_changed", "state_gone")
    )
    told: set[tuple[str, str]] = set()
    for from_id in sorted(froms):
        plan = ElementMap(definitions.published(from_id).diagrams, wished.target.diagrams, wished.chosen)
        for process, element in mapping.homeless(plan):
            if (process, element.id) in told:
                continue
            told.add((process, element.id))
            yield _described(plan, process, element, standing[element.id])


def _described(plan: ElementMap, process: str, element: Element, count: int) -> Gone:
    diagram = plan.after.get(process)
    options = [(each.id, checking.label(diagram, each.id)) for each in mapping.candidates(plan, process, element)] if (
        diagram is not None
    ) else []  # fmt: skip
    return Gone(
        process, element.id, checking.label(plan.before[process], element.id), checking.kinds()[element.kind], options,
        plan.chosen.get(process, {}).get(element.id, ""), count,
    )  # fmt: skip


def target(key: str, definition_id: int) -> Published:
    """A version documents may go to; raises NotFound."""
    return definitions.published(drafts.definition(key, definition_id).id)


def of_draft(draft: WorkflowDraft) -> Published | None:
    """What a draft would be once published; None while it cannot run."""
    try:
        return definitions.as_if(draft.key, draft.bpmn)
    except (DiagramInvalid, DiagramRefused):
        return None


def checked(key: str, target_id: int, chosen: Chosen) -> Chosen:
    """What somebody chose, without what is empty; raises Invalid for elements that are not there."""
    diagrams = target(key, target_id).diagrams
    found = {process: {old: new for old, new in some.items() if new} for process, some in chosen.items()}
    for process, some in found.items():
        for new in some.values():
            if process not in diagrams or new not in diagrams[process].elements:
                raise Invalid(_("There is no element “%(name)s” in this version.", name=new))
    return {process: some for process, some in found.items() if some}


@repeated
def move(key: str, document_id: int, values: Mapping[str, Any]) -> WorkflowMigration:
    """Move a document as a batch wishes: {to, chosen, reason}; raises Forbidden, CannotMove, or NotFound."""
    require("migrate", SUBJECT)
    with context.whole():
        return migrating.move(_instance_of(key, document_id), _wished(key, values))


def foresee(key: str, document_id: int, values: Mapping[str, Any]) -> None:
    """Raise what moving this document would raise now; nothing is moved."""
    require("migrate", SUBJECT)
    with context.whole():
        (verdict,) = judging.judge([_instance_of(key, document_id)], _wished(key, values))
        if not verdict.can_move:
            raise migrating.CannotMove(verdict.obstacles)


def _instance_of(key: str, document_id: int) -> int:
    mine = sa.select(WorkflowInstance.id).where(
        WorkflowInstance.document_type == key, WorkflowInstance.document_id == document_id,
        WorkflowInstance.status.in_(LIVE),
    )  # fmt: skip
    instance_id = session().scalar(mine.order_by(WorkflowInstance.id.desc()).limit(1))
    if instance_id is None:
        raise NotFound(_("Its process is over."))
    return instance_id


def _wished(key: str, values: Mapping[str, Any]) -> Wish:
    return wish(key, target(key, int(values["to"])), values.get("chosen", {}), str(values.get("reason", "")))


@repeated
def put_back(move_id: int) -> WorkflowMigration:
    """Bring a document back to where it was moved from; raises Forbidden, CannotMove once it has gone on, NotFound."""
    require("migrate", SUBJECT)
    with context.whole():
        return migrating.put_back(move_id)
