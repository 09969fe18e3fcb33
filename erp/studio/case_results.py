"""What test cases come to, as people read it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from erp.errors import Invalid, NotFound
from erp.i18n import _, format_number, ngettext
from erp.modelling import trying
from erp.modelling.drafts import Drawing
from erp.modelling.trying import Results


@dataclass(frozen=True)
class CaseRow:
    """A test case and what it came to; `holds` is None while it was not played."""

    place: int
    name: str
    steps: int
    holds: bool | None
    problem: str


def played(key: str, drawing: Drawing, seconds: float = trying.AT_ONCE) -> tuple[Results, str]:
    """What the cases come to, and why they cannot be played if so."""
    try:
        return trying.results(key, drawing, seconds), ""
    except (Invalid, NotFound) as error:
        return trying.unplayed(key, drawing), error.message


def row(place: int, found: Results) -> CaseRow:
    """One line of the list."""
    case, result = found.cases[place], found.played[place]
    return CaseRow(
        place,
        name_of(place, case.name),
        len(case.steps),
        None if result is None else result.holds,
        "" if result is None else " ".join(result.problems),
    )


def name_of(place: int, name: str) -> str:
    """What a case is called; its number where it has no name."""
    return name or _("Case %(number)s", number=format_number(place + 1))


def words(found: Results) -> str:
    """`2 of 5 test cases fail`, `All 5 test cases hold`; '' where there are none."""
    count = len(found.cases)
    if not count:
        return ""
    if found.failing:
        return ngettext(
            "%(num)s of %(all)s test cases fails", "%(num)s of %(all)s test cases fail", len(found.failing),
            all=format_number(count),
        )  # fmt: skip
    if found.unplayed:
        return ngettext("%(num)s test case not played", "%(num)s test cases not played", found.unplayed)
    return ngettext("%(num)s test case holds", "%(num)s test cases hold", count)


def as_json(key: str, drawing: Drawing) -> Mapping[str, Any]:
    """What the editor says of them."""
    found, _unable = played(key, drawing)
    failing = [row(place, found) for place, _result in found.failing]
    return {
        "words": words(found),
        "forbids": found.forbids,
        "failing": [{"place": each.place, "name": each.name, "message": each.problem} for each in failing],
    }
