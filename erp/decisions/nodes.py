"""Expressions and tests as trees that evaluate themselves: what `parsing` makes of a cell."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any, Protocol

from erp.decisions import values
from erp.decisions.errors import DecisionFailed
from erp.decisions.functions import FUNCTIONS
from erp.decisions.values import Value, below, equal, incoming
from erp.i18n import _

Path = tuple[str, ...]
ASKED = "?"
"""The name a test calls its column's value by."""
TODAY = "today"
"""The one function that looks at the clock: at the asker's."""


class Budget:
    """How many functions one question may still call, so that it ends whatever the model says."""

    def __init__(self, calls: int = 10_000) -> None:
        self.calls = calls

    def spend(self) -> None:
        """Count one call; raises DecisionFailed when there are too many."""
        self.calls -= 1
        if self.calls < 0:
            raise DecisionFailed(_("The rules call functions too often."))


@dataclass(frozen=True)
class Scope:
    """What names stand for while a cell is evaluated."""

    names: Mapping[str, Any]
    functions: Mapping[str, Knowledge] = field(default_factory=dict)
    budget: Budget = field(default_factory=Budget)
    today: date | None = None
    """What `today()` gives."""

    def read(self, name: str) -> Value:
        """What a name stands for; raises DecisionFailed where nothing is called so."""
        if name not in self.names:
            raise DecisionFailed(_("The rules ask for “%(name)s”, which is not known here.", name=name))
        return incoming(self.names[name])

    def asking(self, value: Value) -> Scope:
        """The same with `?` standing for a value."""
        return Scope({**self.names, ASKED: value}, self.functions, self.budget, self.today)


class Node(Protocol):
    """A part of an expression."""

    def evaluate(self, scope: Scope) -> Value:
        """Its value; raises DecisionFailed."""

    def paths(self) -> Iterator[Path]:
        """The names it reads: `("document", "total")`."""


@dataclass(frozen=True)
class Literal:
    """A value as it is written."""

    value: Value

    def evaluate(self, scope: Scope) -> Value:  # noqa: ARG002 - of the protocol
        """The value."""
        return self.value

    def paths(self) -> Iterator[Path]:
        """None."""
        yield from ()


@dataclass(frozen=True)
class Name:
    """A name, or a path of names."""

    path: Path

    def evaluate(self, scope: Scope) -> Value:
        """What it stands for; a part that is not there is null."""
        found = scope.read(self.path[0])
        for part in self.path[1:]:
            found = incoming(found[part]) if isinstance(found, Mapping) and part in found else None
        return found

    def paths(self) -> Iterator[Path]:
        """Itself."""
        yield self.path


@dataclass(frozen=True)
class Reckoned:
    """Two expressions added, subtracted, multiplied, divided or raised, by `work`."""

    work: Callable[[Value, Value], Value]
    left: Node
    right: Node

    def evaluate(self, scope: Scope) -> Value:
        """The result; null for what cannot be reckoned."""
        return self.work(self.left.evaluate(scope), self.right.evaluate(scope))

    def paths(self) -> Iterator[Path]:
        """Those of both."""
        yield from self.left.paths()
        yield from self.right.paths()


@dataclass(frozen=True)
class Negated:
    """An expression with the other sign."""

    inner: Node

    def evaluate(self, scope: Scope) -> Value:
        """The result; null for what has no sign."""
        return values.negated(self.inner.evaluate(scope))

    def paths(self) -> Iterator[Path]:
        """Those inside."""
        yield from self.inner.paths()


def compared(sign: str, left: Value, right: Value) -> bool | None:
    """`left sign right`; null where the two cannot be compared."""
    if sign in {"=", "!="}:
        same = equal(left, right)
        return same if sign == "=" or same is None else not same
    less = below(left, right) if sign in {"<", ">="} else below(right, left)
    return less if sign in {"<", ">"} or less is None else not less


def both(left: Value, right: Value) -> bool | None:
    """`and` of three values: true, false and null."""
    if left is False or right is False:
        return False
    return True if left is True and right is True else None


def either(left: Value, right: Value) -> bool | None:
    """`or` of three values: true, false and null."""
    if left is True or right is True:
        return True
    return False if left is False and right is False else None


@dataclass(frozen=True)
class Choice:
    """`if … then … else …`."""

    condition: Node
    then: Node
    other: Node

    def evaluate(self, scope: Scope) -> Value:
        """The one that is chosen; only true chooses the first."""
        return (self.then if self.condition.evaluate(scope) is True else self.other).evaluate(scope)

    def paths(self) -> Iterator[Path]:
        """Those of all three."""
        for part in (self.condition, self.then, self.other):
            yield from part.paths()


@dataclass(frozen=True)
class Called:
    """A function with its arguments."""

    name: str
    given: Sequence[Node]

    def evaluate(self, scope: Scope) -> Value:
        """What the function gives; the model's own functions go before FEEL's."""
        scope.budget.spend()
        if self.name == TODAY:
            return scope.today
        given = [each.evaluate(scope) for each in self.given]
        own = scope.functions.get(self.name)
        return FUNCTIONS[self.name](*given) if own is None else own.call(given, scope)

    def paths(self) -> Iterator[Path]:
        """Those of its arguments."""
        for each in self.given:
            yield from each.paths()


@dataclass(frozen=True)
class Knowledge:
    """A function of the model's own (a business knowledge model); it reads its parameters and nothing else."""

    name: str
    parameters: Sequence[str]
    body: Node

    def call(self, given: Sequence[Value], scope: Scope) -> Value:
        """What it gives; null for a wrong number of arguments."""
        if len(given) != len(self.parameters):
            return None
        return self.body.evaluate(
            Scope(dict(zip(self.parameters, given, strict=True)), scope.functions, scope.budget, scope.today)
        )


@dataclass(frozen=True)
class Listed:
    """A list."""

    entries: Sequence[Node]

    def evaluate(self, scope: Scope) -> Value:
        """Its values."""
        return [each.evaluate(scope) for each in self.entries]

    def paths(self) -> Iterator[Path]:
        """Those of its entries."""
        for each in self.entries:
            yield from each.paths()


# -- tests -----------------------------------------------------------------------------------------------


class Test(Protocol):
    """A condition a value is held against."""

    def holds(self, value: Value, scope: Scope) -> bool | None:
        """Whether the value passes; null where it cannot be said."""

    def paths(self) -> Iterator[Path]:
        """The names it reads."""


@dataclass(frozen=True)
class Anything:
    """`-`: every value passes."""

    def holds(self, value: Value, scope: Scope) -> bool:  # noqa: ARG002 - of the protocol
        """Always."""
        return True

    def paths(self) -> Iterator[Path]:
        """None."""
        yield from ()


@dataclass(frozen=True)
class Against:
    """`< 18`, `>= date("2026-01-01")` and their like."""

    sign: str
    bound: Node

    def holds(self, value: Value, scope: Scope) -> bool | None:
        """Whether the value stands so to the bound."""
        return compared(self.sign, value, self.bound.evaluate(scope))

    def paths(self) -> Iterator[Path]:
        """Those of the bound."""
        yield from self.bound.paths()


@dataclass(frozen=True)
class Within:
    """`[1..10)`: between two bounds, each of which counts or not."""

    low: Node
    high: Node
    has_low: bool
    has_high: bool

    def holds(self, value: Value, scope: Scope) -> bool | None:
        """Whether the value lies between them."""
        above = compared(">=" if self.has_low else ">", value, self.low.evaluate(scope))
        under = compared("<=" if self.has_high else "<", value, self.high.evaluate(scope))
        return both(above, under)

    def paths(self) -> Iterator[Path]:
        """Those of both bounds."""
        yield from self.low.paths()
        yield from self.high.paths()


@dataclass(frozen=True)
class Matching:
    """An expression: the value equals it, is in the list it is, or makes it true as `?`."""

    expression: Node

    def holds(self, value: Value, scope: Scope) -> bool | None:
        """Whether the value matches."""
        if self._is_asking:
            return self.expression.evaluate(scope.asking(value)) is True
        found = self.expression.evaluate(scope)
        if isinstance(found, list) and not isinstance(value, list):
            return any(equal(value, each) is True for each in found)
        return equal(value, found)

    @cached_property
    def _is_asking(self) -> bool:
        return any(path[0] == ASKED for path in self.expression.paths())

    def paths(self) -> Iterator[Path]:
        """Those of the expression, without `?`."""
        yield from (path for path in self.expression.paths() if path[0] != ASKED)


@dataclass(frozen=True)
class Tests:
    """Several tests of which one has to hold; with `not(…)` none."""

    tests: Sequence[Test]
    is_negated: bool = False

    def holds(self, value: Value, scope: Scope) -> bool | None:
        """Whether one holds, or with `not` none."""
        found: bool | None = False
        for test in self.tests:
            found = either(found, test.holds(value, scope))
            if found is True:
                break
        if self.is_negated:
            return None if found is None else not found
        return found

    def paths(self) -> Iterator[Path]:
        """Those of all tests."""
        for test in self.tests:
            yield from test.paths()


@dataclass(frozen=True)
class Tested:
    """`x in [1..10]`, `x between 1 and 10`: a test inside an expression."""

    value: Node
    test: Test

    def evaluate(self, scope: Scope) -> Value:
        """Whether the test holds."""
        return self.test.holds(self.value.evaluate(scope), scope)

    def paths(self) -> Iterator[Path]:
        """Those of value and test."""
        yield from self.value.paths()
        yield from self.test.paths()


@dataclass(frozen=True)
class Unreadable:
    """A cell that cannot be read, in a table somebody is still writing: it matches nothing and says nothing."""

    text: str

    def evaluate(self, scope: Scope) -> Value:  # noqa: ARG002 - of the protocol
        """Raises DecisionFailed."""
        raise DecisionFailed(_("“%(text)s” cannot be read here.", text=self.text[:80]))

    def holds(self, value: Value, scope: Scope) -> bool | None:  # noqa: ARG002 - of the protocol
        """It cannot be said."""
        return None

    def paths(self) -> Iterator[Path]:
        """None."""
        yield from ()
