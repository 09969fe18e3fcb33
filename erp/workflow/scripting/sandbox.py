"""Where scripts of a diagram run: every loop, call and operator passes a guard that counts steps and bounds sizes.

RestrictedPython keeps scripts away from attributes and names; it does not stop `while True` or `"a" * 10**9`, and
signals do not reach web threads. So the counting is compiled into the script itself.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import partial
from time import thread_time
from typing import Any
from uuid import UUID

from erp.errors import NotFound
from erp.i18n import _
from erp.workflow.errors import ScriptError, ScriptLimit
from erp.workflow.scripting.values import MAX_BITS, MAX_TEXT

MAX_STEPS = 200_000
MAX_SECONDS = 0.25
MAX_ITEMS = 20_000
MAX_DIGITS = 1000
MAX_OPEN = 200
"""Iterations begun and not over: of iterators that hold each other, thousands end the whole process."""
CHECK_EVERY = 256

SCALARS = frozenset({str, int, bool, type(None), float, Decimal, date, datetime, timedelta, UUID})
VIEWS: tuple[type, ...] = (type({}.keys()), type({}.values()), type({}.items()))

_PLAIN: Mapping[type, frozenset[str]] = {
    str: frozenset({
        "capitalize", "casefold", "count", "endswith", "find", "index", "isalnum", "isalpha", "isdecimal",
        "isdigit", "islower", "isspace", "istitle", "isupper", "lower", "lstrip", "partition", "removeprefix",
        "removesuffix", "rfind", "rpartition", "rsplit", "rstrip", "split", "splitlines", "startswith", "strip",
        "swapcase", "title", "upper",
    }),
    list: frozenset({"clear", "copy", "pop", "reverse"}),
    dict: frozenset({"clear", "copy", "items", "keys", "values"}),
    Decimal: frozenset({"is_zero", "is_signed", "copy_abs", "normalize", "quantize"}),
    date: frozenset({"year", "month", "day", "weekday", "isoweekday", "isoformat", "replace"}),
    datetime: frozenset(
        {"year", "month", "day", "hour", "minute", "second", "weekday", "isoweekday", "isoformat", "replace", "date"},
    ),
    timedelta: frozenset({"days", "seconds", "total_seconds"}),
}  # fmt: skip
_GUARDED: Mapping[type, Mapping[str, str]] = {
    str: {name: f"text_{name}" for name in ("center", "join", "ljust", "replace", "rjust", "zfill")},
    list: {name: f"list_{name}" for name in ("append", "count", "extend", "index", "insert", "remove", "sort")},
    dict: {name: f"dict_{name}" for name in ("get", "pop", "setdefault", "update")},
}
_OPERATORS: Mapping[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "//": operator.floordiv,
    "%": operator.mod,
    "**": operator.pow,
    "<<": operator.lshift,
    ">>": operator.rshift,
    "&": operator.and_,
    "|": operator.or_,
    "^": operator.xor,
}
_COMPARISONS: Mapping[str, Callable[[Any, Any], Any]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_ALIKE = frozenset({str, int, bool, Decimal})
"""What is compared as it is."""


_CHANGING = frozenset({
    "append", "clear", "extend", "insert", "pop", "remove", "reverse", "setdefault", "sort", "update",
})  # fmt: skip
"""What changes a list or dictionary in its place."""


class ReadOnly:
    """A view scripts may read as `thing.field`: values are scalars, other views, or sequences of them."""

    __slots__ = ("_fields",)

    def __init__(self, fields: Mapping[str, Any]) -> None:
        self._fields = fields

    def __contains__(self, name: object) -> bool:
        return name in self._fields

    def read(self, name: str) -> Any:
        """The field's value as a script may see it; raises ScriptError for an unknown field."""
        try:
            value = self._fields[name]
        except (KeyError, NotFound):
            raise ScriptError(_("There is no field “%(name)s”.", name=name)) from None
        return shown(value, name)


class Kind:
    """A type scripts may call, with the few of its methods they may use."""

    __slots__ = ("methods", "type")

    def __init__(self, type_: Callable[..., Any], *methods: str) -> None:
        self.type = type_
        self.methods = frozenset(methods)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """A new value of the type."""
        return self.type(*args, **kwargs)


def decimal(value: Any = 0) -> Decimal:
    """A number as Decimal, floats as they are written; raises ScriptLimit for absurd exponents."""
    if type(value) not in (str, int, bool, float, Decimal):
        raise ScriptError(_("“%(value)s” is not a number.", value=type(value).__name__))
    if type(value) is str and len(value) > MAX_DIGITS:
        raise ScriptLimit(_("A number became too large."))
    number = Decimal(repr(value) if type(value) is float else value)
    if number.is_finite() and number and abs(number.adjusted()) > 1000:
        raise ScriptLimit(_("A number became too large."))
    return number


def shown(value: Any, name: str) -> Any:
    """A value of the host as scripts see it: mappings as views, lists as tuples; raises ScriptError for others."""
    if type(value) in SCALARS or type(value) is ReadOnly:
        return value
    if isinstance(value, Mapping):
        return ReadOnly(value)
    if isinstance(value, list | tuple):
        return tuple(shown(item, name) for item in value)
    raise ScriptError(_("“%(name)s” cannot be read here.", name=name))


def _length(value: Any) -> int:
    """How much of a text, or of a tuple of texts, there is to look at; 0 for anything else."""
    if type(value) is tuple:
        return len(value) + sum(len(item) for item in value if type(item) is str)
    return len(value) if type(value) is str else 0


class Guards:
    """One run of one script: its counters, and what its operators, methods and names do."""

    def __init__(self, clock: Callable[[], datetime], *, only_reads: bool = False) -> None:
        self.clock = clock
        self.only_reads = only_reads
        self.steps = self.open = 0
        self.check_at = CHECK_EVERY
        self.ends_at = 0.0

    def step(self, cost: int = 1) -> bool:
        """Count; raises ScriptLimit when there were too many steps, or too much of the processor's time went by."""
        self.steps += cost
        if self.steps >= self.check_at:
            self._check()
        return True

    def _check(self) -> None:
        self.check_at, now = self.steps + CHECK_EVERY, thread_time()
        # most are over before the clock is asked for the first time
        self.ends_at = self.ends_at or now + MAX_SECONDS
        if self.steps > MAX_STEPS or now > self.ends_at:
            raise ScriptLimit(_("The script takes too long."))

    # operators

    def binary(self, sign: str, left: Any, right: Any) -> Any:
        """`left <sign> right`, bounded in size; decimals instead of floats."""
        self.step()
        if type(left) is float:
            left = decimal(left)
        if type(right) is float:
            right = decimal(right)
        if sign == "+":
            self._bound_sum(left, right)
        elif sign == "*":
            self._bound_product(left, right)
        elif sign in ("**", "<<"):
            self._bound_power(sign, left, right)
        elif sign == "|" and type(left) is dict:
            self.step(len(left) // 16)
        elif sign == "%" and type(left) is str:
            raise ScriptError(_('Write texts with values in them as f"…".'))
        if type(left) in (int, bool) and type(right) in (int, bool) and (sign == "/" or (sign == "**" and right < 0)):
            left, right = decimal(left), decimal(right)
        found = _OPERATORS[sign](left, right)
        if type(found) is int and found.bit_length() > MAX_BITS:
            raise ScriptLimit(_("A number became too large."))
        return found

    def _bound_sum(self, left: Any, right: Any) -> None:
        if type(left) in (str, list, tuple) and type(right) is type(left):
            self.bound_size(len(left) + len(right), is_text=type(left) is str)

    def _bound_product(self, left: Any, right: Any) -> None:
        for one, other in ((left, right), (right, left)):
            if type(one) in (str, list, tuple) and type(other) in (int, bool):
                self.bound_size(len(one) * max(other, 0), is_text=type(one) is str)
        if type(left) is int and type(right) is int and left.bit_length() + right.bit_length() > MAX_BITS:
            raise ScriptLimit(_("A number became too large."))

    @staticmethod
    def _bound_power(sign: str, left: Any, right: Any) -> None:
        if type(right) not in (int, bool, Decimal) or abs(right) > MAX_BITS:
            raise ScriptLimit(_("A number became too large."))
        if type(left) in (int, bool) and type(right) in (int, bool) and right > 0:
            bits = left.bit_length() * right if sign == "**" else left.bit_length() + right
            if bits > MAX_BITS:
                raise ScriptLimit(_("A number became too large."))

    def bound_size(self, size: int, *, is_text: bool) -> None:
        """Refuse a text or list of that size, and count what making it costs."""
        if size > (MAX_TEXT if is_text else MAX_ITEMS):
            raise ScriptLimit(_("A text or list became too large."))
        self.step(size // 16)

    def compare(self, signs: tuple[str, ...], *values: Any) -> bool:
        """A chain of comparisons; containers are compared item by item, counted."""
        return all(self.holds(sign, left, right) for sign, left, right in zip(signs, values, values[1:], strict=False))

    def holds(self, sign: str, left: Any, right: Any) -> bool:
        """One comparison."""
        self.step()
        if type(left) in _ALIKE and type(right) in _ALIKE and sign in _COMPARISONS:
            return bool(_COMPARISONS[sign](left, right))
        if sign in ("is", "is not"):
            return (left is right) == (sign == "is")
        if sign in ("in", "not in"):
            return self._contains(left, right) == (sign == "in")
        if sign in ("==", "!="):
            return self.equal(left, right) == (sign == "==")
        if not (self.is_orderable(left) and self.is_orderable(right)):
            raise ScriptError(_("Lists and dictionaries have no order."))
        return bool(_COMPARISONS[sign](exact(left), exact(right)))

    def is_orderable(self, value: Any) -> bool:
        """Whether comparing and hashing it takes bounded time; counts what a tuple takes."""
        if type(value) is not tuple:
            return type(value) in SCALARS
        self.step(len(value) + _length(value) // 64)
        return all(type(item) in SCALARS for item in value)

    def equal(self, left: Any, right: Any) -> bool:
        """Whether two values are equal, compared item by item, counted."""
        self.step()
        if type(left) in SCALARS or type(right) in SCALARS:
            return bool(exact(left) == exact(right))
        if type(left) in (list, tuple) and type(right) is type(left):
            return len(left) == len(right) and all(map(self.equal, left, right))
        if type(left) is dict and type(right) is dict:
            return left.keys() == right.keys() and all(self.equal(left[key], right[key]) for key in left)
        return left is right

    def _contains(self, item: Any, container: Any) -> bool:
        kind = type(container)
        if kind is dict or kind is VIEWS[0]:
            return self.key(item) in container
        if kind is str and type(item) is str:
            self.step(len(container) // 16)
            return item in container
        if kind is range:
            return type(item) is int and item in container
        if kind is ReadOnly:
            return item in container
        return any(self.equal(item, other) for other in self.iterate(container))

    # items and attributes

    def iterate(self, value: Iterable[Any]) -> Iterator[Any]:
        """The items, counted."""
        if not hasattr(type(value), "__iter__"):
            raise ScriptError(_("“%(kind)s” cannot be gone through.", kind=type(value).__name__))
        if self.open >= MAX_OPEN:
            raise ScriptLimit(_("The script goes too deep, or takes too much memory."))
        counted = self._counted(value)
        next(counted)  # one that was begun notices when nobody wants it any more
        return counted

    def _counted(self, value: Iterable[Any]) -> Iterator[Any]:
        self.open += 1
        try:
            yield None
            for item in value:
                self.step()
                yield item
        finally:
            self.open -= 1

    def key(self, value: Any) -> Any:
        """A key of a dictionary: only what is hashed in bounded time."""
        if not self.is_orderable(value):
            raise ScriptError(_("A key of a dictionary is a text, a number or a date."))
        return value

    def getitem(self, thing: Any, key: Any) -> Any:
        """`thing[key]`."""
        self.step()
        kind = type(thing)
        if kind is dict:
            return thing[self.key(key)]
        if kind in (list, tuple, str, range):
            if type(key) is slice:
                self.step(len(thing) // 16)
            return thing[key]
        if kind is ReadOnly and type(key) is str:
            return thing.read(key)
        raise ScriptError(_("“%(kind)s” has no items.", kind=kind.__name__))

    def getattr(self, thing: Any, name: str) -> Any:
        """`thing.name`, for the few attributes of the few types scripts work with."""
        self.step()
        kind = type(thing)
        if kind is ReadOnly:
            return thing.read(name)
        if kind is Kind and name in thing.methods:
            return getattr(thing.type, name)
        if self.only_reads and name in _CHANGING and kind in (list, dict):
            raise ScriptError(_("An expression changes nothing; “.%(name)s” belongs into a script.", name=name))
        if name in _PLAIN.get(kind, ()):
            found = getattr(thing, name)
            return partial(self._carry_out, thing, found) if kind in (str, list, dict) else found
        if name in _GUARDED.get(kind, ()):
            return partial(getattr(self, _GUARDED[kind][name]), thing)
        raise ScriptError(_("“.%(name)s” cannot be used here.", name=name))

    def _carry_out(self, thing: Any, method: Callable[..., Any], *args: Any, **named: Any) -> Any:
        """A method of a text, list or dictionary, counted by what it goes through."""
        self.look_through(thing, *args, *named.values())
        return method(*args, **named)

    def look_through(self, thing: Any, *wanted: Any) -> None:
        """Count what looking for texts in something takes: each place of it may be compared with all of them."""
        self.step(len(thing) // 16 + len(thing) * sum(map(_length, wanted)) // 1024)

    def write(self, thing: Any) -> Writer:
        """What `thing[…] = value` and `del thing[…]` go through."""
        return Writer(self, thing)


def exact(value: Any) -> Any:
    """A float as the decimal it is written as, anything else as it is."""
    return decimal(value) if type(value) is float else value


class Writer:
    """Sets and deletes items of a list or dictionary; slices are not set, they would double it."""

    __slots__ = ("guards", "thing")
    guards: Guards
    thing: Any

    def __init__(self, guards: Guards, thing: Any) -> None:
        if type(thing) not in (list, dict):
            raise ScriptError(_("“%(kind)s” cannot be changed.", kind=type(thing).__name__))
        object.__setattr__(self, "guards", guards)
        object.__setattr__(self, "thing", thing)

    def __setitem__(self, key: Any, value: Any) -> None:
        self.guards.step()
        self.thing[key if type(self.thing) is list and type(key) is int else self.guards.key(key)] = value

    def __delitem__(self, key: Any) -> None:
        self.guards.step()
        del self.thing[key if type(self.thing) is list else self.guards.key(key)]

    def __setattr__(self, name: str, value: object) -> None:
        raise ScriptError(_("“.%(name)s” cannot be changed.", name=name))

    def __delattr__(self, name: str) -> None:
        raise ScriptError(_("“.%(name)s” cannot be changed.", name=name))
