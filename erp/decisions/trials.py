"""A decision tried with values somebody types: which rules fit, which decide, what comes of it.

The rows are kept in the file itself, beside the decision they try, as texts by what they stand for.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from erp.decisions import parsing
from erp.decisions.errors import DecisionFailed, DecisionInvalid
from erp.decisions.functions import text_of
from erp.decisions.model import Decision, Model
from erp.decisions.nodes import Budget, Literal, Name, Path, Scope
from erp.decisions.reading import root_of
from erp.decisions.tables import Policy, Table
from erp.decisions.types import ANYTHING, BASIC, Type
from erp.decisions.values import Value, kind_of
from erp.i18n import _

SPACE = "https://millrace.example/dmn/trials"
MOST = 200
"""Rows of one decision."""
LONGEST = 1000
"""Characters of a typed value."""
NOBODY: Mapping[Path, Type] = {}


@dataclass(frozen=True)
class Asked:
    """Something a decision looks at: how it is written, what it is called and what it holds."""

    key: str
    label: str
    type: Type
    path: Path = ()
    """Its name, where it is one."""
    column: int | None = None
    """The input column it is; None for what only cells read."""


@dataclass(frozen=True)
class Trial:
    """What came of a row: the outputs in their order, the rules that fit, those that decided, or why nothing did."""

    outputs: Sequence[Value] = ()
    fitting: Sequence[int] = ()
    deciding: Sequence[int] = ()
    is_default: bool = False
    is_unmatched: bool = False
    error: str = ""


def rows(xml: bytes, decision: str) -> list[dict[str, str]]:
    """The rows kept beside a decision, by its id; what is no row is left out."""
    for node in root_of(xml):
        if node.get("id") == decision and isinstance(node.tag, str):
            text = node.findtext(f"{{*}}extensionElements/{{{SPACE}}}trials") or ""
            return _rows(text)
    return []


def _rows(text: str) -> list[dict[str, str]]:
    try:
        found = json.loads(text or "[]")
    except (ValueError, RecursionError):
        return []
    kept = [each for each in found if isinstance(each, dict)][:MOST] if isinstance(found, list) else []
    return [{str(name): str(value)[:LONGEST] for name, value in row.items() if value is not None} for row in kept]


def asked(model: Model, decision: str, types: Mapping[Path, Type] = NOBODY) -> list[Asked]:
    """What a decision looks at: its columns, then the names its cells read; `types` says what some names hold."""
    found = model.find(decision)
    known: dict[Path, Type] = {(name,): kind for name, kind in model.inputs.items()}
    known |= dict(types)
    known |= {(each.variable,): each.type for each in model.decisions.values()}
    if not isinstance(found.logic, Table):
        return _named(found, {}, known)
    columns = []
    for place, column in enumerate(found.logic.columns):
        path: Path = column.expression.path if isinstance(column.expression, Name) else ()
        kind = column.type if column.type.name or column.type.allowed else known.get(path, ANYTHING)
        columns.append(Asked(column.text, column.label, kind, path, place))
    return [*columns, *_named(found, {each.path: each for each in columns}, known)]


def _named(decision: Decision, columns: Mapping[Path, Asked], known: Mapping[Path, Type]) -> list[Asked]:
    logic = decision.logic
    cells: Iterable[Path] = logic.paths() if not isinstance(logic, Table) else logic.cell_paths()
    paths = dict.fromkeys(path for path in cells if path not in columns)
    return [Asked(".".join(path), ".".join(path), known.get(path, ANYTHING), path) for path in paths]


def tried(model: Model, decision: str, row: Mapping[str, str], questions: Sequence[Asked], today: date) -> Trial:
    """What a decision alone answers to a row; what it needs of others is typed too."""
    found = model.find(decision)
    try:
        values = [typed(row.get(each.key, ""), each) for each in questions]
        scope = Scope(_names(questions, values), model.functions, Budget(), today)
        if not isinstance(found.logic, Table):
            ruling = found.logic.rule(found.name, found.variable, scope)
            return Trial([found.type.check(ruling.value, found.name)])
        columns = [value for each, value in zip(questions, values, strict=True) if each.column is not None]
        return _answered(found, found.logic, columns, scope)
    except DecisionFailed as error:
        return Trial(error=error.message)


def _answered(decision: Decision, table: Table, values: Sequence[Value], scope: Scope) -> Trial:
    told = [replace(column, expression=Literal(value)) for column, value in zip(table.columns, values, strict=True)]
    fitting = [rule.number for rule in table.matching(values, scope)]
    try:
        ruling = replace(table, columns=told).rule(decision.name, decision.variable, scope)
    except DecisionFailed as error:
        return Trial(fitting=fitting, error=error.message)
    outputs = list(ruling.outputs.values())
    if table.policy is Policy.COLLECT and table.aggregate:
        outputs = [ruling.value]
    return Trial(outputs, fitting, ruling.rules, ruling.is_default, ruling.is_unmatched)


def _names(questions: Sequence[Asked], values: Sequence[Value]) -> dict[str, Any]:
    """The values by the names they go by, parts inside their wholes."""
    found: dict[str, Any] = {}
    for each, value in sorted(zip(questions, values, strict=True), key=lambda pair: len(pair[0].path)):
        place = found
        for part in each.path[:-1]:
            inner = place.get(part)
            place[part] = place = inner if isinstance(inner, dict) else {}
        if each.path:
            place[each.path[-1]] = value
    return found


def typed(text: str, question: Asked) -> Value:
    """The value somebody typed; nothing is null. Raises DecisionFailed naming what it should be."""
    text, kind = text.strip(), question.type
    if not text:
        return None
    if kind.is_list or kind.parts or not kind.basic:
        return _expressed(text)
    if BASIC[kind.basic] == (str,):
        return text[1:-1] if len(text) > 1 and text[0] == text[-1] == '"' else text
    found = _number(text) if BASIC[kind.basic] == (Decimal,) else kind.unwritten(text)
    if BASIC[kind.basic] == (bool,):
        found = {"true": True, "false": False}.get(text.lower(), text)
    if kind_of(found) not in BASIC[kind.basic]:
        found = _expressed(text)
    if found is not None and kind_of(found) not in BASIC[kind.basic]:
        raise DecisionFailed(
            _("“%(name)s” should be of the type %(type)s, not “%(value)s”.",
              name=question.label, type=kind.basic, value=text)
        )  # fmt: skip
    return found


def _number(text: str) -> Value:
    try:
        found = Decimal(text)
    except InvalidOperation:
        return text
    return found if found.is_finite() else text


def _expressed(text: str) -> Value:
    """The value of an expression; a text that is none stands for itself."""
    try:
        return parsing.expression(text).evaluate(Scope({}))
    except (DecisionInvalid, DecisionFailed):
        return text


def told(value: Value) -> str:
    """A value as the grid shows it."""
    if isinstance(value, list):
        return _(", ").join(told(each) for each in value)
    if isinstance(value, Mapping):
        return _(", ").join(f"{name} = {told(each)}" for name, each in value.items())
    return "" if value is None else str(text_of(value))
