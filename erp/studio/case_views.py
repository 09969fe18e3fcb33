"""What the pages of test cases show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from erp.access import can, role_name
from erp.forms.inputs import Choice
from erp.i18n import _
from erp.modelling import catalogue, checking, drafts
from erp.modelling.rights import SUBJECT
from erp.modelling.trying import Ready
from erp.studio import views
from erp.studio.case_results import CaseRow, played, row, words
from erp.studio.case_rows import Sheet
from erp.studio.tabs import tabs
from erp.web.shapes import Link, Tab
from erp.workflow.rehearsal.rehearsing import Rehearsed


@dataclass(frozen=True)
class CasesPage:
    """millrace/studio_tests.html."""

    key: str
    title: str
    rows: Sequence[CaseRow]
    words: str
    unable: str
    saved: int
    edits: bool
    crumbs: Sequence[Link]
    tabs: Sequence[Tab]


@dataclass(frozen=True)
class CasePage:
    """millrace/studio_test.html."""

    key: str
    place: int
    """-1 for a new one."""
    title: str
    sheet: Sheet
    saved: int
    edits: bool
    moves: Sequence[Choice]
    elements: Sequence[Choice]
    roles: Sequence[Choice]
    states: Sequence[Choice]
    starts: Sequence[Choice]
    errors: Mapping[str, str]
    """Sentences by cell; '' is the case as a whole."""
    faults: Mapping[str, str] = field(default_factory=dict)
    """What is not as the case says, by cell."""
    holds: bool = False
    trace: Sequence[str] = ()
    crumbs: Sequence[Link] = ()
    tabs: Sequence[Tab] = ()


def list_page(key: str) -> CasesPage:
    """The test cases of a process, played now; raises NotFound."""
    draft, drawing = drafts.find(key), drafts.present(key)
    found, unable = played(key, drawing)
    return CasesPage(
        key,
        catalogue.title(key),
        [row(place, found) for place in range(len(found.cases))],
        words=words(found),
        unable=unable,
        saved=draft.version if draft is not None else 0,
        edits=can("edit", SUBJECT),
        crumbs=views.crumbs(key),
        tabs=tabs(key, "Tests"),
    )


def case_page(
    key: str, place: int, sheet: Sheet, it: Ready | None, saved: int, errors: Mapping[str, str], found: Rehearsed | None
) -> CasePage:
    """A case as a table; `found` is what it came to."""
    return CasePage(
        key,
        place,
        sheet.name or _("New test case"),
        sheet,
        saved,
        edits=can("edit", SUBJECT),
        moves=[Choice(move, text) for move, text in moves().items()],
        elements=_elements(it),
        roles=_roles(it),
        states=_states(it),
        starts=[Choice("" if not e.events else e.id, _(e.label)) for e in it.diagram.starts()] if it else [],
        errors=errors,
        faults=_faults(found),
        holds=found is not None and found.holds,
        trace=found.trace if found is not None else (),
        crumbs=[*views.crumbs(key), Link(_("Tests"), f"/studio/{key}/tests")],
        tabs=tabs(key, "Tests"),
    )


def moves() -> Mapping[str, str]:
    """What may happen in a case, in words."""
    return {
        "complete": _("Somebody completes"),
        "answer": _("An action answers"),
        "wait": _("Time passes"),
        "fire": _("Time passes until"),
        "message": _("A message comes"),
        "signal": _("A signal comes"),
    }


def _faults(found: Rehearsed | None) -> dict[str, str]:
    """What is not as expected, by the cell it stands at."""
    cells: dict[str, str] = {}
    for fault in found.faults if found is not None else ():
        number = fault.where.removeprefix("step ")
        cell = f"s-{int(number) - 1}-at" if number.isdecimal() else {"data": "expected"}.get(fault.where, fault.where)
        cells[cell] = f"{cells[cell]} {fault.text}" if cell in cells else fault.text
    return cells


def _elements(it: Ready | None) -> list[Choice]:
    """Everything a step may name, with what people call it."""
    found: dict[str, str] = {}
    for diagram in it.spec.diagrams.values() if it is not None else ():
        for element in diagram.elements.values():
            if element.kind in {"userTask", "manualTask", "serviceTask"} or element.timer is not None:
                found.setdefault(element.id, checking.label(diagram, element.id))
            if element.channel:
                found.setdefault(element.channel, element.channel)
    return [Choice(name, label) for name, label in found.items()]


def _roles(it: Ready | None) -> list[Choice]:
    lanes = [lane for diagram in it.spec.diagrams.values() for lane in diagram.lanes if lane] if it is not None else []
    return [Choice(lane, role_name(lane)) for lane in dict.fromkeys(lanes)]


def _states(it: Ready | None) -> list[Choice]:
    elements = it.diagram.elements.values() if it is not None else ()
    return [Choice(each.id, _(each.label)) for each in elements if each.is_milestone]
