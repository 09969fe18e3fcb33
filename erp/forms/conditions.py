"""When a field of a drawn form is hidden: three plain forms of FEEL, read alike by server and browser."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

_COMPARED = re.compile(r"""=\s*([A-Za-z_]\w*)\s*(!?=)\s*"([^"\\\n]*)"\s*""")
_DENIED = re.compile(r"=\s*not\(\s*([A-Za-z_]\w*)\s*\)\s*")


@dataclass(frozen=True)
class Condition:
    """`key = "value"`, `key != "value"`, or `not(key)` when the operator is `!`."""

    key: str
    operator: str
    value: str = ""

    def holds(self, values: Mapping[str, Any]) -> bool:
        """Whether it is so for these typed values."""
        found = values.get(self.key)
        if self.operator == "!":
            return not found
        return (_plain(found) == self.value) is (self.operator == "=")

    def __str__(self) -> str:
        """As the browser reads it from a data attribute."""
        return f"!{self.key}" if self.operator == "!" else f"{self.key}{self.operator}{self.value}"


def parse(expression: str) -> Condition | None:
    """The condition of a FEEL expression, or None when it is written in another way than the three."""
    compared = _COMPARED.fullmatch(expression.strip())
    if compared:
        return Condition(compared[1], compared[2], compared[3])
    denied = _DENIED.fullmatch(expression.strip())
    return Condition(denied[1], "!") if denied else None


def _plain(value: Any) -> str:
    """A typed value as the browser's input holds it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    return value.isoformat() if isinstance(value, date | datetime) else str(value)
