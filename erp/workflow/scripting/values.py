"""Values that process data may hold: JSON's own, Decimal, date, datetime and UUID, copied and merged exactly."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from erp.i18n import _
from erp.workflow.errors import ScriptError

Values = dict[str, Any]
Stamps = dict[str, int]
"""Name -> when it was last written (or removed), counted per process."""

MAX_DEPTH = 32
MAX_NODES = 20_000
MAX_TEXT = 100_000
PER_NODE = 64
"""Characters of a text that weigh as much as a value: all texts that are kept together are a million or so."""
MAX_BITS = 4096
SHOWN = 200
"""Characters of a path that are told of in an error."""

_NESTED = frozenset({dict, list})
_EXACT = frozenset({str, int, bool, type(None), float, Decimal, date, datetime, UUID})


def copied(value: Any) -> Any:
    """A copy that shares no list or dictionary with the original: for who may change it in place, as scripts do."""
    kind = type(value)
    if kind is dict:
        return {name: copied(item) if type(item) in _NESTED else item for name, item in value.items()}
    if kind is list:
        return [copied(item) if type(item) in _NESTED else item for item in value]
    return value


def cleaned(values: Mapping[str, Any]) -> Values:
    """A deep copy of what may be kept in process data; raises ScriptError naming what may not."""
    cleaner = Cleaner()
    return {cleaner.name(name): cleaner.clean(item, str(name)) for name, item in values.items()}


def cleaned_value(value: Any, path: str) -> Any:
    """One value as `cleaned` keeps it; `path` names it in errors."""
    return Cleaner().clean(value, path)


class Cleaner:
    """Copies values that go into process data together: each is judged, and all of them by what they weigh."""

    def __init__(self) -> None:
        self._left = MAX_NODES
        self._path: list[str] = []

    def name(self, name: object) -> str:
        """A name in process data; raises ScriptError for what cannot be one."""
        if type(name) is not str or name.startswith("$"):
            shown = str(name)[:SHOWN]
            raise ScriptError(
                _("Names in process data are texts that do not begin with $, not “%(name)s”.", name=shown)
            )
        self._left -= len(name) // PER_NODE
        return name

    def clean(self, value: Any, path: str) -> Any:
        """A copy of one more value; raises ScriptError naming what may not be kept."""
        self._path = [path]
        return self._clean(value)

    def _clean(self, value: Any) -> Any:
        kind = type(value)
        self._left -= 1 + (len(value) // PER_NODE if kind is str else 0)
        if len(self._path) > MAX_DEPTH or self._left < 0:
            raise self._too_large()
        if kind is dict:
            return {self.name(name): self._inside(item, f".{name}") for name, item in value.items()}
        if kind is list:
            return [self._inside(item, "[]") for item in value]
        return self._scalar(value, kind)

    def _inside(self, value: Any, step: str) -> Any:
        self._path.append(step)
        found = self._clean(value)
        self._path.pop()
        return found

    def _scalar(self, value: Any, kind: type) -> Any:
        if kind not in _EXACT:
            raise ScriptError(
                _("“%(path)s” is of the kind %(kind)s, which process data cannot keep.",
                  path=self._shown(), kind=kind.__name__)
            )  # fmt: skip
        if kind is datetime:
            if value.tzinfo is None:
                raise ScriptError(_("“%(path)s” is a moment without time zone.", path=self._shown()))
            return value.astimezone(UTC)
        if (kind is str and len(value) > MAX_TEXT) or (kind is int and value.bit_length() > MAX_BITS):
            raise self._too_large()
        if (kind is float and not math.isfinite(value)) or (kind is Decimal and not value.is_finite()):
            raise ScriptError(_("“%(path)s” is not a finite number.", path=self._shown()))
        return value

    def _too_large(self) -> ScriptError:
        return ScriptError(_("“%(path)s” is too large for process data; keep it in a document.", path=self._shown()))

    def _shown(self) -> str:
        return "".join(self._path)[:SHOWN]


def united(older: Any, newer: Any) -> Any:
    """Two values of one name: dictionaries are united, anything else, lists too, is the newer one."""
    if type(older) is dict and type(newer) is dict:
        return {**older, **{k: united(older[k], v) if k in older else v for k, v in newer.items()}}
    return newer


def merged(branches: Iterable[tuple[Values, Stamps]]) -> tuple[Values, Stamps]:
    """The data of paths that meet, in order of arrival: of each name the last write (or removal) stands."""
    found: Values = {}
    stamps: Stamps = {}
    for values, written in branches:
        for name in {**values, **written}:
            stamp, known = written.get(name, 0), stamps.get(name, -1)
            if stamp < known:
                _keep_older(found, name, values)
                continue
            if name not in values:
                found.pop(name, None)
            elif name in found:
                found[name] = united(found[name], values[name])
            else:
                found[name] = values[name]
            stamps[name] = stamp
    return found, stamps


def _keep_older(found: Values, name: str, values: Values) -> None:
    if name in found and name in values:
        found[name] = united(values[name], found[name])
