"""A decision model: tables and expressions that require one another, ready to be asked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from erp.decisions.errors import DecisionFailed
from erp.decisions.nodes import Budget, Knowledge, Literal, Name, Node, Path, Scope
from erp.decisions.tables import Ruling, Table
from erp.decisions.types import ANYTHING, Type
from erp.decisions.values import Value, incoming
from erp.i18n import _

LARGEST = 10_000
"""Values an outcome may hold."""


@dataclass(frozen=True)
class Formula:
    """A decision made by one expression."""

    expression: Node
    text: str = field(default="", compare=False)
    """It as it is written."""

    def rule(self, name: str, variable: str, scope: Scope) -> Ruling:
        """Its value, with what it looked at."""
        value = self.expression.evaluate(scope)
        return Ruling(
            decision=name,
            inputs={".".join(path): Name(path).evaluate(scope) for path in self.expression.paths()},
            outputs={variable: value},
            value=value,
        )

    def paths(self) -> Iterator[Path]:
        """The names it reads."""
        yield from self.expression.paths()


@dataclass(frozen=True)
class Decision:
    """A decision: how it is made, and which others it needs."""

    id: str
    name: str
    variable: str
    """The name other decisions call its outcome by."""
    logic: Table | Formula
    type: Type = ANYTHING
    requires: Sequence[str] = ()
    """Ids of decisions."""

    def texts(self) -> Iterator[str]:
        """What people read of it: labels of its columns, notes of its rules, and the texts these answer with."""
        if isinstance(self.logic, Table):
            yield from (each.label for each in self.logic.columns)
            yield from (each.label for each in self.logic.outputs)
            for rule in self.logic.rules:
                yield rule.note
                said = (each.value for each in rule.outputs if isinstance(each, Literal))
                yield from (text for text in said if isinstance(text, str))


@dataclass(frozen=True)
class Outcome:
    """What a model answered, and why: the rulings in the order they were made, the asked one last."""

    value: Value
    rulings: Sequence[Ruling]

    @property
    def ruling(self) -> Ruling:
        """That of the decision that was asked."""
        return self.rulings[-1]

    def certain(self) -> Ruling:
        """The same; raises DecisionFailed where no rule matched and the table does not say what then counts."""
        if self.ruling.is_unmatched:
            raise DecisionFailed(
                _("No rule of “%(table)s” matches: %(inputs)s.", table=self.ruling.decision, inputs=self.ruling.told())
            )
        return self.ruling


@dataclass(frozen=True)
class Model:
    """Everything one file holds; immutable, shared between threads."""

    name: str
    decisions: Mapping[str, Decision]
    """By id."""
    inputs: Mapping[str, Type]
    """What it is told, by name."""
    functions: Mapping[str, Knowledge] = field(default_factory=dict)
    """Its own functions (business knowledge models), by name."""

    def find(self, decision: str) -> Decision:
        """A decision by its id or name; raises DecisionFailed."""
        for each in self.decisions.values():
            if decision in {each.id, each.name}:
                return each
        raise DecisionFailed(_("There is no decision “%(name)s” in “%(model)s”.", name=decision, model=self.name))

    def decide(self, decision: str, told: Mapping[str, Any], today: date | None = None) -> Outcome:
        """The answer to what was told; raises DecisionFailed for values that do not fit and rules that contradict."""
        asked = self.find(decision)
        names = dict(told)
        for name, kind in self.inputs.items():
            names[name] = kind.check(incoming(told.get(name)), name)
        rulings: list[Ruling] = []
        budget = Budget()
        for each in self._in_order(asked):
            ruling = each.logic.rule(each.name, each.variable, Scope(names, self.functions, budget, today))
            rulings.append(ruling)
            names[each.variable] = each.type.check(bounded(ruling.value), each.name)
        return Outcome(names[asked.variable], rulings)

    def paths(self, decision: str) -> set[Path]:
        """The names a decision reads that neither another decision nor the model itself gives."""
        order = self._in_order(self.find(decision))
        made = {each.variable for each in order}
        return {path for each in order for path in each.logic.paths() if path[0] not in made}

    def outputs(self, decision: str) -> list[str]:
        """The names of what a decision gives."""
        found = self.find(decision)
        names = [each.name for each in found.logic.outputs] if isinstance(found.logic, Table) else [""]
        return [name or found.variable for name in names]

    def _in_order(self, asked: Decision) -> list[Decision]:
        """The decisions it needs and itself, each after those it needs."""
        found: dict[str, Decision] = {}

        def visit(each: Decision) -> None:
            for needed in each.requires:
                if needed not in found:
                    visit(self.decisions[needed])
            found[each.id] = each

        visit(asked)
        return list(found.values())


def bounded(value: Value) -> Value:
    """The value; raises DecisionFailed where it holds more than LARGEST values, lists in lists counted through."""
    waiting, count = [value], 0
    while waiting:
        each = waiting.pop()
        count += 1
        if count > LARGEST:
            raise DecisionFailed(_("The rules give more than %(count)s values.", count=LARGEST))
        if isinstance(each, list):
            waiting.extend(each)
        elif isinstance(each, dict):
            waiting.extend(each.values())
    return value
