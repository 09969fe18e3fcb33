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
MAX_BITS = 4096

_NESTED = frozenset({dict, list})
_EXACT = frozenset({str, int, bool, type(None), float, Decimal, date, datetime, UUID})


def copied(value: Any) -> Any:
    """A copy that shares no list or dictionary with the original."""
    kind = type(value)
    if kind is dict:
        return {name: copied(item) if type(item) in _NESTED else item for name, item in value.items()}
    if kind is list:
        return [copied(item) if type(item) in _NESTED else item for item in value]
    return value


def cleaned(values: Mapping[str, Any]) -> Values:
    """A deep copy of what may be kept in process data; raises ScriptError naming what may not."""
    budget = [MAX_NODES]
    return {_name(name): _clean(item, str(name), 1, budget) for name, item in values.items()}


def cleaned_value(value: Any, path: str) -> Any:
    """One value as `cleaned` keeps it; `path` names it in errors."""
    return _clean(value, path, 1, [MAX_NODES])


def _name(name: object) -> str:
    if type(name) is not str or name.startswith("$"):
        raise ScriptError(_("Names in process data are texts that do not begin with $, not “%(name)s”.", name=name))
    return name


def _clean(value: Any, path: str, depth: int, budget: list[int]) -> Any:
    budget[0] -= 1
    if depth > MAX_DEPTH or budget[0] < 0:
        raise ScriptError(_("“%(path)s” is too large for process data; keep it in a document.", path=path))
    kind = type(value)
    if kind is dict:
        return {_name(name): _clean(item, f"{path}.{name}", depth + 1, budget) for name, item in value.items()}
    if kind is list:
        return [_clean(item, f"{path}[]", depth + 1, budget) for item in value]
    return _scalar(value, kind, path)


def _scalar(value: Any, kind: type, path: str) -> Any:
    if kind not in _EXACT:
        raise ScriptError(
            _("“%(path)s” is of the kind %(kind)s, which process data cannot keep.", path=path, kind=kind.__name__)
        )
    if kind is datetime:
        if value.tzinfo is None:
            raise ScriptError(_("“%(path)s” is a moment without time zone.", path=path))
        return value.astimezone(UTC)
    too_large = (kind is str and len(value) > MAX_TEXT) or (kind is int and value.bit_length() > MAX_BITS)
    if too_large:
        raise ScriptError(_("“%(path)s” is too large for process data; keep it in a document.", path=path))
    if (kind is float and not math.isfinite(value)) or (kind is Decimal and not value.is_finite()):
        raise ScriptError(_("“%(path)s” is not a finite number.", path=path))
    return value


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
                found[name] = copied(values[name])
            stamps[name] = stamp
    return found, stamps


def _keep_older(found: Values, name: str, values: Values) -> None:
    if name in found and name in values:
        found[name] = united(values[name], found[name])
