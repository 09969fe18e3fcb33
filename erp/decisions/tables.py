"""Decision tables: which rules match, and what the hit policy makes of them (DMN 1.5, chapter 8.2.10)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any

from erp.decisions.errors import DecisionFailed
from erp.decisions.functions import FUNCTIONS, text_of
from erp.decisions.nodes import Node, Path, Scope, Test
from erp.decisions.types import ANYTHING, Type
from erp.decisions.values import Value, equal
from erp.i18n import _


class Policy(StrEnum):
    """What is to be done when several rules match."""

    UNIQUE = "UNIQUE"
    ANY = "ANY"
    FIRST = "FIRST"
    PRIORITY = "PRIORITY"
    RULE_ORDER = "RULE ORDER"
    OUTPUT_ORDER = "OUTPUT ORDER"
    COLLECT = "COLLECT"

    @property
    def is_single(self) -> bool:
        """Whether one rule decides."""
        return self in {Policy.UNIQUE, Policy.ANY, Policy.FIRST, Policy.PRIORITY}


AGGREGATES: Mapping[str, Callable[..., Value]] = {
    "SUM": FUNCTIONS["sum"],
    "MIN": FUNCTIONS["min"],
    "MAX": FUNCTIONS["max"],
    "COUNT": lambda found: Decimal(len(found)),
}


@dataclass(frozen=True)
class Column:
    """An input column: what is asked, and which values may be the answer."""

    label: str
    expression: Node
    type: Type = ANYTHING
    text: str = field(default="", compare=False)
    """The expression as it is written."""


@dataclass(frozen=True)
class Output:
    """An output column; `order` holds its values from the most important one on."""

    name: str
    label: str = ""
    type: Type = ANYTHING
    order: Sequence[Value] = ()
    default: Node | None = None

    def rank(self, value: Value) -> int:
        """The place of a value in the order; what is not in it comes last."""
        places = [place for place, each in enumerate(self.order) if equal(each, value) is True]
        return places[0] if places else len(self.order)


@dataclass(frozen=True)
class Rule:
    """A row: a test for each input column, an expression for each output column."""

    number: int
    """As people count, from 1."""
    id: str
    tests: Sequence[Test]
    outputs: Sequence[Node]
    note: str = ""
    cells: Sequence[str] = field(default=(), compare=False)
    """The tests as they are written; "" or "-" for any value."""
    results: Sequence[str] = field(default=(), compare=False)
    """The answers as they are written."""


@dataclass(frozen=True)
class Ruling:
    """How one decision was made: what was asked, which rules matched and what came of it."""

    decision: str
    inputs: Mapping[str, Value]
    outputs: Mapping[str, Value]
    """The decided values by output; of a list, the rows' values by output."""
    value: Value
    rules: Sequence[int] = ()
    """Numbers of the rules that counted, in the order they counted in."""
    is_default: bool = False
    is_unmatched: bool = False
    """Whether no rule matched, and nothing was said for that."""

    def told(self) -> str:
        """What was asked, in words."""
        return _(", ").join(f"{name} = {in_words(value)}" for name, value in self.inputs.items())

    def as_json(self) -> dict[str, Any]:
        """What history keeps of it."""
        return {
            "decision": self.decision,
            "inputs": {name: plain(value) for name, value in self.inputs.items()},
            "outputs": {name: plain(value) for name, value in self.outputs.items()},
            "rules": list(self.rules),
            "is_default": self.is_default,
        }


Row = dict[str, Value]


@dataclass(frozen=True)
class Table:
    """Rules under a hit policy."""

    columns: Sequence[Column]
    outputs: Sequence[Output]
    rules: Sequence[Rule]
    policy: Policy = Policy.UNIQUE
    aggregate: str = ""

    def rule(self, name: str, variable: str, scope: Scope) -> Ruling:
        """The ruling; raises DecisionFailed for contradicting rules and values that do not fit."""
        asked = [each.type.check(each.expression.evaluate(scope), each.label) for each in self.columns]
        inputs = {each.label: value for each, value in zip(self.columns, asked, strict=True)}
        matched = self.matching(asked, scope)
        if not matched and self.policy.is_single:
            return self._unmatched(name, variable, inputs, scope)
        rows = [(rule.number, self._row(rule.outputs, scope)) for rule in matched]
        counted = self._counted(name, rows)
        value = self._value([row for _number, row in counted])
        return Ruling(
            decision=name,
            inputs=inputs,
            outputs=self._told(variable, value),
            value=value,
            rules=[number for number, _row in counted],
        )

    def matching(self, asked: Sequence[Value], scope: Scope) -> list[Rule]:
        """The rules that match the values of the columns, whatever the policy makes of them."""
        return [rule for rule in self.rules if _matches(rule, asked, scope)]

    def paths(self) -> Iterator[Path]:
        """The names its columns and cells read."""
        for column in self.columns:
            yield from column.expression.paths()
        yield from self.cell_paths()

    def cell_paths(self) -> Iterator[Path]:
        """The names its cells read."""
        for rule in self.rules:
            for test in rule.tests:
                yield from test.paths()
            for result in rule.outputs:
                yield from result.paths()

    def _unmatched(self, name: str, variable: str, inputs: Mapping[str, Value], scope: Scope) -> Ruling:
        defaults = [each.default for each in self.outputs]
        has_default = any(each is not None for each in defaults)
        row = {
            output.name: None if default is None else default.evaluate(scope)
            for output, default in zip(self.outputs, defaults, strict=True)
        }
        value = self._one(row) if has_default else None
        return Ruling(
            name, inputs, self._told(variable, value), value, is_default=has_default, is_unmatched=not has_default
        )  # fmt: skip

    def _row(self, nodes: Sequence[Node], scope: Scope) -> Row:
        pairs = zip(self.outputs, nodes, strict=True)
        return {output.name: output.type.check(node.evaluate(scope), output.name) for output, node in pairs}

    def _counted(self, name: str, rows: list[tuple[int, Row]]) -> list[tuple[int, Row]]:
        """The rows that count, in their order."""
        if self.policy is Policy.UNIQUE and len(rows) > 1:
            raise DecisionFailed(
                _("“%(table)s”: the rules %(rules)s match together, and only one may.",
                  table=name, rules=_(", ").join(str(number) for number, _row in rows))
            )  # fmt: skip
        if self.policy is Policy.ANY and any(row != rows[0][1] for _number, row in rows):
            raise DecisionFailed(
                _("“%(table)s”: the rules %(rules)s match together and say different things.",
                  table=name, rules=_(", ").join(str(number) for number, _row in rows))
            )  # fmt: skip
        if self.policy in {Policy.PRIORITY, Policy.OUTPUT_ORDER}:
            rows = sorted(rows, key=lambda each: [output.rank(each[1][output.name]) for output in self.outputs])
        return rows[:1] if self.policy.is_single else rows

    def _value(self, rows: list[Row]) -> Value:
        if self.policy.is_single:
            return self._one(rows[0])
        found = [self._one(row) for row in rows]
        return AGGREGATES[self.aggregate](found) if self.aggregate else found

    def _one(self, row: Row) -> Value:
        return next(iter(row.values())) if len(self.outputs) == 1 else row

    def _told(self, variable: str, value: Value) -> Mapping[str, Any]:
        """The outcome by output name: a table with one output may leave it unnamed."""
        if len(self.outputs) == 1:
            return {self.outputs[0].name or variable: value}
        if self.policy.is_single:
            return value if isinstance(value, dict) else {each.name: None for each in self.outputs}
        return {each.name: [row[each.name] for row in value] for each in self.outputs}


def _matches(rule: Rule, asked: Sequence[Value], scope: Scope) -> bool:
    return all(test.holds(value, scope) is True for test, value in zip(rule.tests, asked, strict=True))


def in_words(value: Value) -> str:
    """A value as people read it in a sentence."""
    return _("nothing") if value is None else str(text_of(value) or value)


def plain(value: Value) -> Any:
    """A value as JSON keeps it; what has no simple form is kept as text."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, list):
        return [plain(each) for each in value]
    return str(text_of(value) or value)
