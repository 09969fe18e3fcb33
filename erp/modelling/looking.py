"""What is wrong with a decision table, what it leaves open, and what it answers to the rows it is tried with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from erp import clock, context
from erp.decisions import DecisionFailed, DecisionInvalid, trials
from erp.decisions import read as read_decisions
from erp.decisions.coverage import EMPTY, Analysis, Finding, analysed
from erp.decisions.judging import judged
from erp.decisions.nodes import Path
from erp.decisions.reading import Complaint
from erp.decisions.tables import Table
from erp.decisions.trials import Asked, Trial
from erp.decisions.types import Type
from erp.documents.fields import Field, Kind
from erp.i18n import _, local
from erp.modelling import catalogue

FEEL: Mapping[Kind, str] = {
    Kind.INTEGER: "number",
    Kind.DECIMAL: "number",
    Kind.MONEY: "number",
    Kind.LINK: "number",
    Kind.DATE: "date",
    Kind.DATETIME: "dateTime",
    Kind.BOOLEAN: "boolean",
}
"""What decisions call the kinds of fields; the others are texts."""
UNTOLD = frozenset({Kind.LINES, Kind.FILES})
"""Fields a table does not ask by itself."""


NOTHING = Analysis([])


@dataclass(frozen=True)
class Look:
    """Everything the editor shows beside a table."""

    problem: str = ""
    """Why the file as a whole is no table; all else is then empty."""
    complaints: Sequence[Complaint] = ()
    analysis: Analysis = NOTHING
    questions: Sequence[Asked] = ()
    outputs: Sequence[str] = ()
    rows: Sequence[Mapping[str, str]] = ()
    trials: Sequence[Trial] = ()
    before: Sequence[Trial] = ()
    """What the version that runs answers to the same rows; empty where it has no such table."""


def look(key: str, dmn: bytes, decision: str, live: str = "") -> Look:
    """A table of a process as it is written now, beside the one that is `live`; nothing is kept."""
    today = local(clock.now()).date()
    try:
        model, complaints = judged(dmn, catalogue.fields_of(key))
        logic = model.find(decision).logic
        questions = trials.asked(model, decision, types_of(key))
        analysis = analysed(model, decision, today, choices_of(key))
    except (DecisionInvalid, DecisionFailed) as error:
        return Look(error.message)
    rows = trials.rows(dmn, decision)
    outputs = [each.label or each.name for each in logic.outputs] if isinstance(logic, Table) else []
    return Look(
        complaints=complaints,
        analysis=analysis,
        questions=questions,
        outputs=outputs or [model.find(decision).name],
        rows=rows,
        trials=[trials.tried(model, decision, row, questions, today) for row in rows],
        before=_answered(key, live, decision, rows, today) if rows and live else (),
    )


def _answered(key: str, dmn: str, decision: str, rows: Sequence[Mapping[str, str]], today: date) -> Sequence[Trial]:
    """What another table of this name answers to rows."""
    try:
        model = read_decisions(dmn.encode())
        questions = trials.asked(model, decision, types_of(key))
    except (DecisionInvalid, DecisionFailed):
        return ()
    return [trials.tried(model, decision, row, questions, today) for row in rows]


def warnings(key: str, asked: str, dmn: str) -> Sequence[Finding]:
    """What a table of a process leaves open and which of its rules are in each other's way; missing inputs left out."""
    return _warnings(key, asked, dmn, local(clock.now()).date(), context.current().language)


@lru_cache(maxsize=256)
def _warnings(key: str, asked: str, dmn: str, today: date, _language: str) -> Sequence[Finding]:
    try:
        found = analysed(read_decisions(dmn.encode()), asked, today, choices_of(key)).findings
    except (DecisionInvalid, DecisionFailed):
        return ()  # the linter says that it cannot be read
    return [each for each in found if each.kind != EMPTY]


def fields(key: str) -> list[Field]:
    """The fields of the document a table can ask."""
    return [each for each in catalogue.declared(key) if each.kind not in UNTOLD]


def types_of(key: str) -> dict[Path, Type]:
    """What the fields of the process' document hold, by the names tables read them by."""
    return {("document", each.name): feel(each) for each in fields(key)}


def choices_of(key: str) -> dict[Path, Sequence[str]]:
    """All values of the fields that offer a choice."""
    chosen = (each for each in fields(key) if each.kind is Kind.CHOICE and each.choices)
    return {("document", each.name): [str(value) for value, _label in each.choices] for each in chosen}


def feel(field: Field) -> Type:
    """The type of a field as decisions know it."""
    name = FEEL.get(field.kind, "string")
    return Type(name, name)


def problem(dmn: str) -> str | None:
    """Why a table cannot be read; None where it can."""
    try:
        read_decisions(dmn.encode())
    except DecisionInvalid as error:
        return error.message
    return None


def said(table: str, message: str) -> str:
    """What is said of a table where it is not seen."""
    return _("Table “%(table)s”: %(said)s", table=table, said=message)


def unseen(analysis: Analysis) -> Iterator[str]:
    """What was not looked at, in sentences."""
    cells = [_("rule %(rule)s, “%(column)s”", rule=rule, column=column) for rule, column in analysis.unseen[:5]]
    if cells:
        yield _("Not looked at, for these cells ask more than their column: %(cells)s.", cells=_("; ").join(cells))
    if not analysis.is_whole:
        yield _("The table is too large to look at all of it; there may be more.")
