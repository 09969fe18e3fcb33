"""Test cases of processes as they are written down: read from YAML, measured, and written again. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

import yaml

from erp.errors import ErpError, Invalid
from erp.i18n import _
from erp.workflow.diagrams import timing
from erp.workflow.errors import ScriptError
from erp.workflow.scripting.values import MAX_DEPTH, MAX_NODES, cleaned_value

BEGINS = datetime(2026, 1, 5, 9, tzinfo=UTC)
"""A Monday morning, where a case does not say when it is."""
LARGEST = 512 * 1024
"""Characters of the largest file of cases."""
MOST_CASES = 200
MOST_STEPS = 500
PARTS = frozenset({"name", "at", "start", "data", "document", "actions", "steps", "expect"})
MOVES: Mapping[str, frozenset[str]] = {
    "complete": frozenset({"answers", "document", "by"}),
    "answer": frozenset({"result", "error", "document"}),
    "wait": frozenset(),
    "fire": frozenset(),
    "message": frozenset({"key", "values"}),
    "signal": frozenset({"values"}),
}
"""What may happen: a step is completed, an action answers, time passes, a timer fires, a message or signal comes."""
MAPPINGS = frozenset({"answers", "document", "values"})
EXPECTED = frozenset({"trace", "passes", "data", "state", "ended", "waiting"})


class CaseInvalid(Invalid):
    """This is not a case a process can be rehearsed with."""

    code = "case_invalid"


@dataclass(frozen=True)
class Case:
    """One rehearsal as it is written down."""

    name: str = ""
    at: datetime = BEGINS
    start: str = ""
    """Id of the start event; "" for the plain one."""
    data: Mapping[str, Any] = field(default_factory=dict)
    document: Mapping[str, Any] = field(default_factory=dict)
    """What expressions read as `document`."""
    actions: Mapping[str, Any] = field(default_factory=dict)
    """By element id or action name: a result, {"results": one after another}, or {"error": code}."""
    steps: Sequence[Mapping[str, Any]] = ()
    expect: Mapping[str, Any] = field(default_factory=dict)

    def written(self) -> dict[str, Any]:
        """The case in plain lists and dictionaries, what is empty left out."""
        found: dict[str, Any] = {"name": self.name}
        if self.at != BEGINS:
            found["at"] = self.at
        steps = [dict(step) for step in self.steps]
        parts: dict[str, Any] = {"start": self.start, "data": self.data, "document": self.document}
        parts |= {"actions": self.actions, "steps": steps, "expect": self.expect}
        return found | {name: part for name, part in parts.items() if part}


def move_of(step: Mapping[str, Any]) -> str:
    """Which of the moves a step is."""
    return next(kind for kind in MOVES if kind in step)


# -- read -------------------------------------------------------------------------------------------------------


def case_of(written: Any) -> Case:
    """A case from plain lists and dictionaries; raises CaseInvalid naming what nobody understands."""
    if not isinstance(written, Mapping):
        raise CaseInvalid(_("A case has parts: %(parts)s.", parts=", ".join(sorted(PARTS))))
    _refuse_others(written, PARTS, _("a case"))
    steps = written.get("steps") or []
    if not isinstance(steps, list):
        raise CaseInvalid(_("The steps of a case are a list."))
    if len(steps) > MOST_STEPS:
        raise CaseInvalid(_("A case has at most %(count)s steps.", count=MOST_STEPS))
    parts = {name: _mapping(written, name) for name in ("data", "document", "actions", "expect")}
    _refuse_others(parts["expect"], EXPECTED, "expect")
    for name in ("trace", "passes", "waiting"):
        if not isinstance(parts["expect"].get(name, []), list):
            raise CaseInvalid(_("“%(name)s” is a list of elements.", name=name))
    _mapping(parts["expect"], "data")
    return Case(
        name=str(written.get("name") or ""),
        at=_moment(written.get("at", BEGINS)),
        start=str(written.get("start") or ""),
        steps=[_step(number, step) for number, step in enumerate(steps, 1)],
        **{name: plain(part) for name, part in parts.items()},
    )


def _step(number: int, step: Any) -> Mapping[str, Any]:
    kinds = [kind for kind in MOVES if isinstance(step, Mapping) and kind in step]
    if len(kinds) != 1:
        raise CaseInvalid(_("Step %(number)s is one of these: %(kinds)s.", number=number, kinds=", ".join(MOVES)))
    where = _("step %(number)s", number=number)
    _refuse_others(step, {kinds[0], *MOVES[kinds[0]]}, where)
    if not isinstance(step[kinds[0]], str) or not step[kinds[0]].strip():
        raise CaseInvalid(_("“%(name)s” in %(where)s is a text.", name=kinds[0], where=where))
    for name in MAPPINGS & step.keys():
        _mapping(step, name)
    if {"result", "error"} <= step.keys():
        raise CaseInvalid(
            _("%(where)s: an action answers with a result or an error, not both.", where=where.capitalize())
        )
    found: Mapping[str, Any] = plain(step)
    return found


def _refuse_others(written: Mapping[Any, Any], known: frozenset[str] | set[str], where: str) -> None:
    others = sorted(str(name) for name in written if name not in known)
    if others:
        raise CaseInvalid(
            _("“%(name)s” means nothing in %(where)s; known are %(known)s.",
              name=others[0], where=where, known=", ".join(sorted(known)))
        )  # fmt: skip


def _mapping(written: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = written.get(name) or {}
    if not isinstance(found, Mapping):
        raise CaseInvalid(_("“%(name)s” holds names and values.", name=name))
    return found


def _moment(written: Any) -> datetime:
    if isinstance(written, str):
        try:
            return timing.parse_moment(written)
        except timing.TimingInvalid as error:
            raise CaseInvalid(error.message) from error
    if isinstance(written, datetime):
        return written if written.tzinfo is not None else written.replace(tzinfo=UTC)
    if isinstance(written, date):
        return datetime(written.year, written.month, written.day, 9, tzinfo=UTC)
    raise CaseInvalid(_("“at” is a moment like 2026-01-05T09:00:00Z."))


def plain(value: Any) -> Any:
    """A value as process data keeps it: numbers with a point are Decimals, moments have a zone. Raises CaseInvalid."""
    try:
        return cleaned_value(_plain(value, 1, [MAX_NODES]), _("the case"))
    except ScriptError as error:
        raise CaseInvalid(error.message) from error


def _plain(value: Any, depth: int, budget: list[int]) -> Any:
    budget[0] -= 1
    if depth > MAX_DEPTH or budget[0] < 0:
        raise CaseInvalid(_("This is too large for a case."))
    if isinstance(value, float):
        return Decimal(repr(value))
    if isinstance(value, datetime) and value.tzinfo is None:
        return value.replace(tzinfo=UTC)
    if isinstance(value, Mapping):
        return {str(name): _plain(item, depth + 1, budget) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item, depth + 1, budget) for item in value]
    return value


# -- YAML -------------------------------------------------------------------------------------------------------


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """Numbers with a point are exact."""


class _Dumper(getattr(yaml, "CSafeDumper", yaml.SafeDumper)):  # type: ignore[misc]
    """Writes what the loader reads, without references from one place to another."""

    def ignore_aliases(self, data: Any) -> bool:
        """Everything is written out where it stands."""
        del data
        return True


def _number(loader: Any, node: Any) -> Any:
    try:
        return Decimal(loader.construct_scalar(node).replace("_", ""))
    except InvalidOperation:
        return loader.construct_yaml_float(node)


_Loader.add_constructor("tag:yaml.org,2002:float", _number)
_Dumper.add_representer(
    Decimal, lambda dumper, value: dumper.represent_scalar("tag:yaml.org,2002:float", _with_point(value))
)


def _with_point(value: Decimal) -> str:
    text = format(value, "f")
    return text if "." in text else f"{text}.0"


def read_yaml(text: str) -> Any:
    """What a YAML text holds; raises CaseInvalid for one that cannot be read or is too large."""
    if len(text) > LARGEST:
        raise CaseInvalid(_("A file of cases has at most %(count)s KB.", count=LARGEST // 1024))
    try:
        return yaml.load(text, Loader=_Loader)  # noqa: S506 - a safe loader with exact numbers
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        reason = " ".join(str(error).split())[:200]
        raise CaseInvalid(_("This is not YAML: %(reason)s", reason=reason)) from error


def mapping(text: str) -> dict[str, Any]:
    """Names and values of lines like `verdict: repairable`; raises CaseInvalid for anything else."""
    found = plain(read_yaml(text)) if text.strip() else {}
    if not isinstance(found, dict):
        raise CaseInvalid(_("Write a name, a colon, a space and a value in each line, like “verdict: repairable”."))
    return found


def load(text: str) -> list[Case]:
    """The cases of a YAML text, a list or a mapping with the list under `cases`; raises CaseInvalid."""
    written = read_yaml(text)
    found = written.get("cases") if isinstance(written, Mapping) and "cases" in written else written
    if not isinstance(found, list):
        raise CaseInvalid(_("This should hold a list of cases."))
    if len(found) > MOST_CASES:
        raise CaseInvalid(_("A process has at most %(count)s cases.", count=MOST_CASES))
    return list(_cases(found))


def _cases(found: Sequence[Any]) -> Iterator[Case]:
    for number, each in enumerate(found, 1):
        try:
            yield case_of(each)
        except ErpError as error:
            raise CaseInvalid(_("Case %(number)s: %(reason)s", number=number, reason=error.message)) from error


def dump(cases: Sequence[Case]) -> str:
    """Cases as YAML that `load` reads again."""
    return to_yaml([each.written() for each in cases])


def to_yaml(value: Any) -> str:
    """Plain values as YAML, in the order they have."""
    return str(yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110))
