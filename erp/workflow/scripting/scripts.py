"""Scripts and expressions of diagrams: restricted Python over process data, in bounded time and memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from types import CodeType, FunctionType, TracebackType
from typing import Any

from RestrictedPython.Guards import guarded_iter_unpack_sequence, guarded_unpack_sequence

from erp.i18n import _
from erp.workflow.errors import ScriptError, ScriptLimit
from erp.workflow.scripting.restricted import NAMES, Code, compiled
from erp.workflow.scripting.sandbox import SCALARS, Kind, ReadOnly, decimal, shown
from erp.workflow.scripting.sandbox_names import Names
from erp.workflow.scripting.values import Cleaner, Values, copied

__all__ = ["NAMES", "ReadOnly", "check", "evaluate", "inputs", "names_in", "run", "typed"]

Clock = Callable[[], datetime]

_FIXED: Mapping[str, Any] = {
    "Decimal": Kind(decimal),
    "UTC": UTC,
    "date": Kind(date, "fromisoformat"),
    "datetime": Kind(datetime, "fromisoformat", "combine"),
    "timedelta": Kind(timedelta),
    "_decimal_": decimal,
    "_iter_unpack_sequence_": guarded_iter_unpack_sequence,
    "_unpack_sequence_": guarded_unpack_sequence,
}
_NOTHING: dict[str, Any] = {}
_GUARDS: Mapping[str, str] = {
    "_binary_": "binary",
    "_compare_": "compare",
    "_format_": "format",
    "_getattr_": "getattr",
    "_getitem_": "getitem",
    "_getiter_": "iterate",
    "_holds_": "holds",
    "_key_": "key",
    "_step_": "step",
    "_text_": "text",
    "_write_": "write",
}
FAILURES = (ArithmeticError, AttributeError, LookupError, NameError, RuntimeError, TypeError, ValueError)
"""What a script can do wrong; anything else comes from the host, which may have to repeat the whole step."""
_METHODS = {name: f"name_{name}" for name in NAMES if name not in _FIXED}


def check(source: str, *, is_script: bool = False) -> str:
    """Why a text does not compile as a script or an expression; "" if it does."""
    return compiled(source, "exec" if is_script else "eval").error


def names_in(source: str, *, is_script: bool = False) -> tuple[tuple[str, ...], ...]:
    """What a text reads, as paths: `("document", "total")`; nothing if it does not compile."""
    return compiled(source, "exec" if is_script else "eval").paths


def evaluate(source: str, values: Mapping[str, Any], names: Mapping[str, Any], clock: Clock) -> Any:
    """The value of an expression over `values` and the read-only `names`; raises ScriptError or ScriptLimit."""
    code = compiled(source, "eval")
    # values are shared between paths that go on side by side
    guards = Names(clock, only_reads=True)
    return _carry_out(eval, code, _scope(code, code.used, values, names, guards))


def run(
    source: str,
    values: Mapping[str, Any],
    names: Mapping[str, Any],
    clock: Clock,
) -> tuple[Values, frozenset[str]]:
    """What a script wrote to a copy of `values`, and the names it removed; raises ScriptError or ScriptLimit."""
    code = compiled(source, "exec")
    if taken := sorted(code.stored & names.keys()):
        raise ScriptError(_("“%(name)s” is read only.", name=taken[0]))
    touched = code.used | code.stored
    before = _scope(
        code, touched, copied({name: values[name] for name in touched if name in values}), names, Names(clock)
    )
    scope = dict(before)
    _carry_out(exec, code, scope)
    written: Values = {}
    cleaner = Cleaner()
    for name, value in scope.items():
        fixed = name.startswith("_") or name in NAMES or name in names
        if fixed or (name in before and value is before[name] and type(value) in SCALARS):
            continue
        # a def is a tool of the script, gone with it
        if type(value) is FunctionType and value.__name__ != "<lambda>":
            continue
        kept = cleaner.clean(value, name)  # before comparing: what a script leaves may be endless
        if name not in values or type(kept) is not type(values[name]) or kept != values[name]:
            written[name] = kept
    return written, frozenset(name for name in code.stored if name in values and name not in scope)


def inputs(source: str, values: Mapping[str, Any], names: Mapping[str, Any]) -> dict[str, Any]:
    """What an expression looked at: `{"document.total": …, "approved": …}`, plain values only."""
    found: dict[str, Any] = {}
    for path in compiled(source, "eval").paths:
        try:
            value = shown(names[path[0]], path[0]) if path[0] in names else values.get(path[0])
            for part in path[1:]:
                value = value.read(part) if type(value) is ReadOnly else None
        except ScriptError:
            continue  # the expression itself has told, or never got there
        if type(value) in SCALARS and not (len(path) > 1 and value is None):
            found[".".join(path)] = value
    return found


def typed(kind: str, value: Any) -> Any:
    """A parameter's value in its declared type (str, int, decimal, bool, date); None stays; raises ScriptError."""
    if value is None:
        return None
    if kind == "str" and type(value) in SCALARS:
        return str(value)
    if kind == "bool" and type(value) is bool:
        return value
    if kind == "date" and type(value) in (date, datetime, str):
        return _day(value)
    if kind in ("int", "decimal") and type(value) is not bool:
        try:
            number = decimal(value)
        except ArithmeticError:
            number = Decimal("NaN")
        if number.is_finite() and (kind == "decimal" or number == number.to_integral_value()):
            return number if kind == "decimal" else int(number)
    raise ScriptError(_("“%(value)s” is not of the type %(type)s.", value=str(value)[:80], type=kind))


def _day(value: date | datetime | str) -> date:
    if isinstance(value, datetime):
        return value.date()
    try:
        return date.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        raise ScriptError(_("“%(value)s” is not of the type %(type)s.", value=str(value)[:80], type="date")) from None


def _scope(
    code: Code, touched: Iterable[str], values: Mapping[str, Any], names: Mapping[str, Any], guards: Names
) -> dict[str, Any]:
    """What the code may name, and no more of it than it does; our names win over the host's, and those over data."""
    scope: dict[str, Any] = {"__builtins__": _NOTHING}
    for name in touched:
        if name in _METHODS:
            scope[name] = getattr(guards, _METHODS[name])
        elif name in _FIXED:
            scope[name] = _FIXED[name]
        elif name in names:
            scope[name] = shown(names[name], name)
        elif name in values:
            scope[name] = values[name]
    for name in code.guards:
        scope[name] = getattr(guards, _GUARDS[name]) if name in _GUARDS else _FIXED[name]
    return scope


def _carry_out(runner: Callable[[CodeType, dict[str, Any]], Any], code: Code, scope: dict[str, Any]) -> Any:
    if code.code is None:
        raise ScriptError(code.error, detail={"line": code.line})
    try:
        return runner(code.code, scope)
    except ScriptError as error:
        error.detail.setdefault("line", _line(error.__traceback__))
        raise
    except (RecursionError, MemoryError) as error:
        raise ScriptLimit(_("The script goes too deep, or takes too much memory.")) from error
    except FAILURES as error:
        reason = f"{type(error).__name__}: {error}"[:300]
        raise ScriptError(reason, detail={"line": _line(error.__traceback__)}) from error


def _line(traceback: TracebackType | None) -> int | None:
    found = None
    while traceback is not None:
        if traceback.tb_frame.f_code.co_filename == "<script>":
            found = traceback.tb_lineno
        traceback = traceback.tb_next
    return found
