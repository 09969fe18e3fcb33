"""Types of inputs and outputs: what a value must be, and which values are allowed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from erp.decisions.errors import DecisionFailed
from erp.decisions.functions import text_of
from erp.decisions.nodes import Scope, Test
from erp.decisions.values import Months, Value, day, duration, kind_of, moment, time_of_day
from erp.i18n import _

BASIC: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "number": (Decimal,),
    "boolean": (bool,),
    "date": (date,),
    "time": (time,),
    "dateTime": (datetime,),
    "date and time": (datetime,),
    "dayTimeDuration": (timedelta,),
    "days and time duration": (timedelta,),
    "yearMonthDuration": (Months,),
    "years and months duration": (Months,),
    # what dmn-js offers for numbers
    "integer": (Decimal,),
    "long": (Decimal,),
    "double": (Decimal,),
}
"""FEEL's types by the names tools write."""
WRITTEN: Mapping[type, Callable[[str], Value]] = {
    date: day, time: time_of_day, datetime: moment, timedelta: duration, Months: duration,
}  # fmt: skip
"""How kinds that are text elsewhere are read from it."""


@dataclass(frozen=True)
class Type:
    """What a value must be; `basic` is empty where everything is allowed."""

    name: str = ""
    basic: str = ""
    is_list: bool = False
    allowed: Test | None = None
    allowed_text: str = ""
    parts: Mapping[str, Type] = field(default_factory=dict)

    def check(self, value: Value, what: str) -> Value:
        """The value; null is always allowed. Raises DecisionFailed, naming `what` it is of, for another type."""
        if value is None:
            return None
        if self.is_list:
            return [self._check_one(each, what) for each in (value if isinstance(value, list) else [value])]
        return self._check_one(value, what)

    def unwritten(self, value: Any) -> Value:
        """A value as JSON has it, days, times and durations read from their texts; what cannot be read stays text."""
        if isinstance(value, list):
            return [self.unwritten(each) for each in value]
        if isinstance(value, Mapping):
            return {name: self.parts.get(name, ANYTHING).unwritten(each) for name, each in value.items()}
        reader = next((WRITTEN[kind] for kind in BASIC.get(self.basic, ()) if kind in WRITTEN), None)
        found = reader(value) if reader is not None and isinstance(value, str) else None
        return value if found is None else found

    def _check_one(self, value: Value, what: str) -> Value:
        if self.parts:
            if not isinstance(value, Mapping):
                raise DecisionFailed(_("“%(name)s” should have parts, and has none.", name=what))
            return {**value, **{name: part.check(value.get(name), name) for name, part in self.parts.items()}}
        if self.basic and kind_of(value) not in BASIC[self.basic]:
            raise DecisionFailed(
                _("“%(name)s” should be of the type %(type)s, not “%(value)s”.",
                  name=what, type=self.basic, value=text_of(value) or value)
            )  # fmt: skip
        if self.allowed is not None and self.allowed.holds(value, Scope({})) is not True:
            raise DecisionFailed(
                _("“%(name)s” may be %(allowed)s, not “%(value)s”.",
                  name=what, allowed=self.allowed_text, value=text_of(value) or value)
            )  # fmt: skip
        return value


ANYTHING = Type()
