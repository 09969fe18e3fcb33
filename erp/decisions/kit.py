"""Decisions asked in JSON, and cases in the format of the DMN Technology Compatibility Kit played against them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from lxml import etree

from erp import markup
from erp.decisions import values
from erp.decisions.errors import DecisionFailed, DecisionInvalid
from erp.decisions.functions import text_of
from erp.decisions.model import Model, Outcome
from erp.decisions.reading import read
from erp.decisions.types import ANYTHING
from erp.decisions.values import Value
from erp.i18n import _

CASES = "{http://www.omg.org/spec/DMN/20160719/testcase}"
XSI = "{http://www.w3.org/2001/XMLSchema-instance}"
NEAR = Decimal("1e-8")
"""How far a number may be from the wanted one: the kit writes eight places."""


def ask(model: Model, decision: str, told: Mapping[str, Any]) -> Outcome:
    """The answer to inputs as JSON writes them, days and durations as text; raises DecisionFailed."""
    typed = {name: model.inputs.get(name, ANYTHING).unwritten(value) for name, value in told.items()}
    return model.decide(decision, typed)


def as_json(value: Value) -> Any:
    """A value as JSON writes it: a number where it keeps every digit, else text."""
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, Decimal):
        if value == value.to_integral_value() and abs(value) < 1 << 53:
            return int(value)
        return float(value) if Decimal(repr(float(value))) == value else str(value)
    if isinstance(value, list):
        return [as_json(each) for each in value]
    if isinstance(value, Mapping):
        return {name: as_json(each) for name, each in value.items()}
    return text_of(value)


# -- the kit's cases ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Case:
    """One question of a case file: what the model is told, and what it should answer."""

    model: Path
    id: str
    decision: str
    told: Mapping[str, Value]
    wanted: Value
    is_refused: bool = False
    """Whether an error is the right answer."""

    def __str__(self) -> str:
        return f"{self.model.stem} {self.id}: {self.decision}"


@dataclass(frozen=True)
class Verdict:
    """What a case came to; `reason` is "" where it answered as it should."""

    case: Case
    reason: str = ""

    @property
    def holds(self) -> bool:
        """Whether it answered as it should."""
        return not self.reason


def cases(folder: Path) -> Iterator[Case]:
    """Every case below a folder, in the order of the files; raises DecisionInvalid for a file that is none."""
    for path in sorted(folder.rglob("*.xml")):
        root = markup.root(path.read_bytes(), DecisionInvalid)
        if root.tag != f"{CASES}testCases":
            continue
        model = path.parent / (root.findtext(f"{CASES}modelName") or "")
        for case in root.findall(f"{CASES}testCase"):
            told = {node.get("name", ""): _value_in(node) for node in case.findall(f"{CASES}inputNode")}
            for node in case.findall(f"{CASES}resultNode"):
                expected = node.find(f"{CASES}expected")
                wanted = None if expected is None else _value_in(expected)
                is_refused = node.get("errorResult") == "true"
                yield Case(model, case.get("id", ""), node.get("name", ""), told, wanted, is_refused)


def judged(case: Case) -> Verdict:
    """Whether the case's model answers it as it should, and if not, what it answers instead."""
    try:
        found = read(case.model.read_bytes()).decide(case.decision, case.told).value
    except OSError:
        return Verdict(case, _("There is no file %(name)s.", name=case.model.name))
    except (DecisionFailed, DecisionInvalid) as error:
        return Verdict(case, "" if case.is_refused and isinstance(error, DecisionFailed) else error.message)
    # the standard answers most of what makes no sense with null, and the kit calls that an error too
    if found is None if case.is_refused else same(found, case.wanted):
        return Verdict(case)
    said = {"found": as_json(found), "wanted": as_json(case.wanted)}
    return Verdict(case, _("It answers %(found)s, and should answer %(wanted)s.", **said))


def same(found: Value, wanted: Value) -> bool:
    """Whether two values are equal, numbers to eight places."""
    if isinstance(found, Decimal) and isinstance(wanted, Decimal):
        return abs(found - wanted) < NEAR
    if isinstance(found, list) and isinstance(wanted, list):
        return len(found) == len(wanted) and all(map(same, found, wanted))
    if isinstance(found, Mapping) and isinstance(wanted, Mapping):
        return found.keys() == wanted.keys() and all(same(found[name], wanted[name]) for name in found)
    return bool(found == wanted)


def _value_in(node: etree._Element) -> Value:
    """The value of a `value`, `list` or `component` element."""
    found = node.find(f"{CASES}value")
    if found is not None:
        return None if found.get(f"{XSI}nil") == "true" else _typed(found.get(f"{XSI}type", ""), found.text or "")
    if parts := node.findall(f"{CASES}component"):
        return {part.get("name", ""): _value_in(part) for part in parts}
    listed = node.find(f"{CASES}list")
    return None if listed is None else [_value_in(item) for item in listed.findall(f"{CASES}item")]


def _typed(kind: str, text: str) -> Value:
    plain = kind.rpartition(":")[2]
    if plain in {"decimal", "double", "integer"}:
        try:
            return Decimal(text)
        except InvalidOperation as error:
            raise DecisionInvalid(_("“%(text)s” is no number.", text=text)) from error
    if plain == "boolean":
        return text == "true"
    readers = {
        "date": values.day,
        "time": values.time_of_day,
        "dateTime": values.moment,
        "duration": values.duration,
    }
    return readers[plain](text) if plain in readers else text
