"""S-FEEL from text to trees: expressions, and the unary tests of input cells (DMN 1.5, chapters 9 and 10.3.1)."""

from __future__ import annotations

from collections.abc import Callable, Collection
from decimal import Decimal
from functools import partial

from erp.decisions import values
from erp.decisions.errors import DecisionInvalid
from erp.decisions.functions import FUNCTIONS
from erp.decisions.nodes import (
    ASKED,
    TODAY,
    Against,
    Anything,
    Called,
    Choice,
    Listed,
    Literal,
    Matching,
    Name,
    Negated,
    Node,
    Reckoned,
    Test,
    Tested,
    Tests,
    Within,
    both,
    compared,
    either,
)
from erp.decisions.tokens import Token, cut
from erp.i18n import _

DEEPEST = 60
"""How far expressions may be nested."""
CONSTANTS = {"true": True, "false": False, "null": None}
ORDER = frozenset({"=", "!=", "<", "<=", ">", ">="})
Work = Callable[[values.Value, values.Value], values.Value]
LEVELS: tuple[dict[str, Work], ...] = (
    {"+": values.add, "-": values.subtract},
    {"*": values.multiply, "/": values.divide},
    {"**": values.power},
)
"""Operators from the loosest to the tightest; all go from left to right."""
OPEN, CLOSED = {"[": True, "(": False, "]": False}, {"]": True, ")": False, "[": False}
"""What begins and ends an interval, and whether the bound is part of it; `]1..5[` leaves both out."""


def expression(text: str, names: Collection[str] = (), functions: Collection[str] = ()) -> Node:
    """The expression a cell holds, with the model's names and functions known; raises DecisionInvalid."""
    reader = _Reader(text, names, functions)
    found = reader.expression()
    reader.end()
    return found


def unary_tests(text: str, names: Collection[str] = (), functions: Collection[str] = ()) -> Test:
    """The tests an input cell holds; an empty one and `-` let every value pass. Raises DecisionInvalid."""
    if text.strip() in {"", "-"}:
        return Anything()
    reader = _Reader(text, names, functions)
    found = reader.tests()
    reader.end()
    return found


class _Reader:
    """Reads words from left to right; one method for each level of the grammar."""

    def __init__(self, text: str, names: Collection[str], functions: Collection[str]) -> None:
        self.functions = {*FUNCTIONS, TODAY, *functions}
        self.words = cut(text, self.functions | set(names))
        self.at = 0
        self.depth = 0

    # words

    @property
    def word(self) -> Token:
        """The next word."""
        return self.words[self.at]

    def take(self, *wanted: str) -> str:
        """The next word if it is one of these signs or keywords, else nothing is taken."""
        word = self.word
        if word.kind in {"sign", "keyword"} and word.text in wanted:
            self.at += 1
            return word.text
        return ""

    def need(self, *wanted: str) -> str:
        """The same; raises DecisionInvalid where it is another word."""
        found = self.take(*wanted)
        if not found:
            raise self.unexpected(_(" or ").join(f"“{each}”" for each in wanted))
        return found

    def unexpected(self, wanted: str) -> DecisionInvalid:
        """What is wrong at the next word."""
        if self.word.kind == "end":
            return DecisionInvalid(_("Something is missing at the end: %(wanted)s.", wanted=wanted))
        return DecisionInvalid(_("Here should be %(wanted)s, not “%(found)s”.", wanted=wanted, found=self.word.text))

    def end(self) -> None:
        """Raise DecisionInvalid unless all is read."""
        if self.word.kind != "end":
            raise DecisionInvalid(_("“%(text)s” does not belong here.", text=self.word.text))

    # tests

    def tests(self) -> Test:
        """`not(a, b)`, or `a, b`."""
        start = self.at
        if self.word.text == "not" and self.words[self.at + 1].text == "(":
            self.at += 2
            inner = self.some_tests()
            self.need(")")
            if self.word.kind == "end":
                return Tests(inner, is_negated=True)
            self.at = start
        return Tests(self.some_tests())

    def some_tests(self) -> list[Test]:
        """One or more, with commas between."""
        found = [self.test()]
        while self.take(","):
            found.append(self.test())
        return found

    def test(self) -> Test:
        """`< 5`, `[1..5]` or an expression."""
        if sign := self.take(*ORDER):
            return Against(sign, self.sum())
        return self.interval() or Matching(self.expression())

    def interval(self) -> Within | None:
        """`[1..5]`, or None, with nothing taken, where it is something else."""
        start = self.at
        begin = self.take(*OPEN)
        if not begin:
            return None
        try:
            low = self.sum()
            self.need("..")
        except DecisionInvalid:
            self.at = start
            return None
        high = self.sum()
        return Within(low, high, OPEN[begin], CLOSED[self.need(*CLOSED)])

    # expressions

    def expression(self) -> Node:
        """`if`, or what `or` joins."""
        self.depth += 1
        if self.depth > DEEPEST:
            raise DecisionInvalid(_("This is nested too deeply."))
        found = self.choice() if self.take("if") else self.disjunction()
        self.depth -= 1
        return found

    def choice(self) -> Node:
        """What follows `if`."""
        condition = self.expression()
        self.need("then")
        then = self.expression()
        self.need("else")
        return Choice(condition, then, self.expression())

    def disjunction(self) -> Node:
        """What `or` joins."""
        found = self.conjunction()
        while self.take("or"):
            found = Reckoned(either, found, self.conjunction())
        return found

    def conjunction(self) -> Node:
        """What `and` joins."""
        found = self.comparison()
        while self.take("and"):
            found = Reckoned(both, found, self.comparison())
        return found

    def comparison(self) -> Node:
        """`a < b`, `a between b and c`, `a in (…)`, or a sum."""
        found = self.sum()
        if sign := self.take(*ORDER):
            return Reckoned(partial(compared, sign), found, self.sum())
        if self.take("between"):
            low = self.sum()
            self.need("and")
            return Tested(found, Within(low, self.sum(), has_low=True, has_high=True))
        if self.take("in"):
            return Tested(found, self.membership())
        return found

    def membership(self) -> Test:
        """What follows `in`."""
        interval = self.interval()
        if interval is not None:
            return interval
        if self.take("("):
            found = Tests(self.some_tests())
            self.need(")")
            return found
        return self.test()

    def sum(self, level: int = 0) -> Node:
        """Operators of a level and tighter ones."""
        if level == len(LEVELS):
            return self.signed()
        found = self.sum(level + 1)
        while sign := self.take(*LEVELS[level]):
            found = Reckoned(LEVELS[level][sign], found, self.sum(level + 1))
        return found

    def signed(self) -> Node:
        """A value with any number of signs before it."""
        self.depth += 1
        if self.depth > DEEPEST:
            raise DecisionInvalid(_("This is nested too deeply."))
        found = Negated(self.signed()) if self.take("-") else self.value()
        self.depth -= 1
        return found

    def value(self) -> Node:
        """A literal, a name, a call, a list, or an expression in brackets."""
        word = self.word
        if word.kind == "number":
            self.at += 1
            return Literal(values.number(Decimal(word.text)))
        if word.kind == "text":
            self.at += 1
            return Literal(word.text)
        if constant := self.take(*CONSTANTS):
            return Literal(CONSTANTS[constant])
        if self.take("?"):
            return Name((ASKED,))
        if self.take("@"):
            return self.literal()
        if self.take("("):
            inner = self.expression()
            self.need(")")
            return inner
        if self.take("["):
            return Listed(self.arguments("]"))
        if word.kind == "name":
            return self.name()
        raise self.unexpected(_("a value"))

    def literal(self) -> Node:
        """What follows `@`."""
        word = self.word
        found = values.from_text(word.text) if word.kind == "text" else None
        if found is None:
            raise self.unexpected(_("a day, time or duration in quotes"))
        self.at += 1
        return Literal(found)

    def name(self) -> Node:
        """A name, a path of names, or a function with its arguments."""
        path = [self.word.text]
        self.at += 1
        if self.take("("):
            if path[0] not in self.functions:
                raise DecisionInvalid(_("There is no function “%(name)s”.", name=path[0]))
            return Called(path[0], self.arguments(")"))
        while self.take("."):
            if self.word.kind not in {"name", "keyword"}:
                raise self.unexpected(_("a name"))
            path.append(self.word.text)
            self.at += 1
        return Name(tuple(path))

    def arguments(self, end: str) -> list[Node]:
        """Expressions with commas between, up to the closing sign."""
        if self.take(end):
            return []
        found = [self.expression()]
        while self.take(","):
            found.append(self.expression())
        self.need(end)
        return found
