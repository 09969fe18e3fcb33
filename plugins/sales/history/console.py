"""`erp import history FILE`: a shop's history from the console."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from erp import Invalid, Job, _, i18n, importing
from plugins.sales.history import runs, telling, trials
from plugins.sales.history.plans import Plan
from plugins.sales.history.rules import RULES

Json = Mapping[str, Any]


def way() -> importing.Way:
    """The way in."""
    return importing.Way("history", runs.TYPE, plan, attempt, start, said, lines)


def plan(table: importing.Table, given: Json | None) -> Json:
    """The plan as JSON; raises Invalid where it does not fit the file."""
    wished = runs.recalled(table) if given is None else Plan.from_json(given)
    return wished.checked(table.columns).as_json()


def attempt(wished: Json, file_id: int) -> Job:
    """A trial."""
    return trials.start(Plan.from_json(wished), file_id)


def start(wished: Json, file_id: int) -> Job:
    """The import."""
    return runs.start(Plan.from_json(wished), file_id)


def said(job_id: int) -> str:
    """What came in, or would, and which rules were met by how many lines; raises Invalid where it failed."""
    found = runs.progress(job_id)
    if found.error:
        raise Invalid(found.error)
    trial = trials.Trial.from_json(found.result) if found.is_trial else None
    made, met = (trial.made, trial.met) if trial is not None else (found.made, found.met)
    sentence = _("%(count)s lines: %(made)s.", count=_count(trial.rows if trial is not None else found.total),
                 made=_(", ").join(f"{name} {_count(number)}" for name, number in made.items()))  # fmt: skip
    return "\n".join([sentence, *(f"  {RULES[name].title}: {_count(number)}" for name, number in met.items())])


def lines(job_id: int) -> Iterable[Sequence[str]]:
    """Every line a rule was met by."""
    yield telling.HEADS
    yield from telling.lines_of(job_id, "")


def _count(number: int) -> str:
    return i18n.format_number(number)
