"""A test case as a table: each step a row of texts, each text back to what it means, or a sentence at its cell."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from erp.i18n import _
from erp.modelling.trying import Ready
from erp.workflow.diagrams import timing
from erp.workflow.rehearsal import cases
from erp.workflow.rehearsal.cases import BEGINS, MOST_STEPS, Case, CaseInvalid

PARTS = ("document", "data", "actions")
"""What a case begins with, each as lines of `name: value`."""
WAITS: Mapping[str, frozenset[str]] = {
    "complete": frozenset({"userTask", "manualTask"}),
    "answer": frozenset({"serviceTask"}),
    "fire": frozenset({"intermediateCatchEvent", "boundaryEvent", "startEvent"}),
}
"""Kinds of elements a move may name."""
_ROW = re.compile(r"s-(\d{1,4})-move")


@dataclass(frozen=True)
class Row:
    """A step as it is typed."""

    move: str = "complete"
    at: str = ""
    """The element, message or signal; how long for a wait."""
    by: str = ""
    """The role that does it, or the key of a message."""
    values: str = ""
    document: str = ""


@dataclass(frozen=True)
class Sheet:
    """A case as it is typed."""

    name: str = ""
    at: str = ""
    start: str = ""
    parts: Mapping[str, str] = field(default_factory=dict)
    rows: Sequence[Row] = ()
    state: str = ""
    ended: str = ""
    """`yes`, `no`, or '' where it does not matter."""
    waiting: str = ""
    passes: str = ""
    trace: str = ""
    expected: str = ""
    """Process data that is expected, as lines."""


def sheet_of(case: Case) -> Sheet:
    """The texts of a case."""
    expect = case.expect
    ended = expect.get("ended")
    return Sheet(
        name=case.name,
        at=case.at.isoformat(),
        start=case.start,
        parts={name: _lines(getattr(case, name)) for name in PARTS},
        rows=[_row(step) for step in case.steps],
        state=str(expect.get("state") or ""),
        ended="" if ended is None else "yes" if ended else "no",
        waiting="\n".join(expect.get("waiting") or ()),
        passes="\n".join(expect.get("passes") or ()),
        trace="\n".join(expect.get("trace") or ()),
        expected=_lines(expect.get("data") or {}),
    )


def _row(step: Mapping[str, Any]) -> Row:
    move = cases.move_of(step)
    said = {name: step[name] for name in ("result", "error") if name in step}
    said |= step.get("answers") or step.get("values") or {}
    by = str(step.get("by") or step.get("key") or "")
    return Row(move, str(step[move]), by, _lines(said), _lines(step.get("document") or {}))


def _lines(values: Mapping[str, Any]) -> str:
    return cases.to_yaml(dict(values)).strip() if values else ""


# -- typed --------------------------------------------------------------------------------------------------------


def typed(form: Mapping[str, str]) -> Sheet:
    """What was posted, in the order of the rows."""
    numbers = sorted(int(found[1]) for name in form if (found := _ROW.fullmatch(name)))[: MOST_STEPS + 1]
    return Sheet(
        name=form.get("name", "").strip()[:200],
        at=form.get("at", "").strip(),
        start=form.get("start", ""),
        parts={name: form.get(name, "") for name in PARTS},
        rows=[Row(*(form.get(f"s-{n}-{part}", "") for part in Row.__dataclass_fields__)) for n in numbers],
        **{name: form.get(name, "") for name in ("state", "ended", "waiting", "passes", "trace", "expected")},
    )


def changed(sheet: Sheet, verb: str) -> Sheet:
    """The sheet after `add`, `remove:3` or `up:3`; any other verb changes nothing."""
    what, _colon, number = verb.partition(":")
    place = int(number) if number.isdecimal() and len(number) < 5 else -1
    rows = list(sheet.rows)
    if what == "add" and len(rows) < MOST_STEPS:
        rows.append(Row())
    elif what == "remove" and 0 <= place < len(rows):
        del rows[place]
    elif what == "up" and 0 < place < len(rows):
        rows[place - 1], rows[place] = rows[place], rows[place - 1]
    return replace(sheet, rows=rows)


def read(sheet: Sheet, it: Ready | None) -> tuple[Case | None, dict[str, str]]:
    """The case, or a sentence for each cell that is wrong; elements are looked for where the drawing can be run."""
    errors: dict[str, str] = {}
    if not sheet.name:
        errors["name"] = _("Give the test case a name, for example: a customer declines.")
    written: dict[str, Any] = {"name": sheet.name, "start": sheet.start, "at": sheet.at or BEGINS}
    try:
        timing.parse_moment(sheet.at) if sheet.at else None
    except timing.TimingInvalid as error:
        errors["at"] = error.message
    for name in PARTS:
        written[name] = _mapping(sheet.parts.get(name, ""), name, errors)
    written["steps"] = [_step(place, row, it, errors) for place, row in enumerate(sheet.rows)]
    written["expect"] = _expected(sheet, errors)
    if errors:
        return None, errors
    try:
        return cases.case_of(written), {}
    except CaseInvalid as error:
        return None, {"": error.message}


def _expected(sheet: Sheet, errors: dict[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if sheet.state:
        found["state"] = sheet.state
    if sheet.ended in {"yes", "no"}:
        found["ended"] = sheet.ended == "yes"
    for name in ("waiting", "passes", "trace"):
        if names := getattr(sheet, name).split():
            found[name] = names
    if data := _mapping(sheet.expected, "expected", errors):
        found["data"] = data
    return found


def _step(place: int, row: Row, it: Ready | None, errors: dict[str, str]) -> dict[str, Any]:
    at = row.at.strip()
    if row.move not in cases.MOVES:
        errors[f"s-{place}-move"] = _("Choose one of the list.")
        return {}
    if problem := _wrong(row.move, at, it):
        errors[f"s-{place}-at"] = problem
    step: dict[str, Any] = {row.move: at}
    values = _mapping(row.values, f"s-{place}-values", errors)
    document = _mapping(row.document, f"s-{place}-document", errors)
    known = cases.MOVES[row.move]
    if row.move == "answer":
        if others := values.keys() - {"result", "error"}:
            errors[f"s-{place}-values"] = _(
                "An action answers “result: …” or “error: …”, not “%(name)s”.", name=min(others)
            )
        step |= values
    elif values and not known & {"answers", "values"}:
        errors[f"s-{place}-values"] = _("Nothing is typed when time passes.")
    elif values:
        step["answers" if "answers" in known else "values"] = values
    if document and "document" not in known:
        errors[f"s-{place}-document"] = _("Only a person or an action changes the document.")
    elif document:
        step["document"] = document
    if row.by.strip() and known & {"by", "key"}:
        step["by" if "by" in known else "key"] = row.by.strip()
    return step


def _wrong(move: str, at: str, it: Ready | None) -> str:
    """Why a step cannot name this; '' where it can."""
    if not at:
        return _("Fill this in.")
    if move == "wait":
        try:
            timing.parse_duration(at)
        except timing.TimingInvalid as error:
            return error.message
    if move in WAITS and it is not None:
        kinds = {e.kind for diagram in it.spec.diagrams.values() for e in diagram.elements.values() if e.id == at}
        if not kinds:
            return _("There is no “%(name)s” in the drawing.", name=at)
        if not kinds & WAITS[move]:
            return _("“%(name)s” is nothing of that kind.", name=at)
    return ""


def _mapping(text: str, cell: str, errors: dict[str, str]) -> dict[str, Any]:
    """Lines of `name: value`; a sentence at the cell for anything else."""
    try:
        return cases.mapping(text)
    except CaseInvalid as error:
        errors[cell] = error.message
        return {}
