"""A trial: a whole file judged in the background; nothing is written but the lines each rule was met by."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import islice
from typing import Any

from erp import Claim, Job, importing, outbox, parts, require, transaction
from plugins.sales.history import runs, telling
from plugins.sales.history.judging import Survey
from plugins.sales.history.plans import Plan
from plugins.sales.history.reading import Shelf


@dataclass(frozen=True)
class Trial:
    """What a file would become."""

    rows: int
    made: Mapping[str, int]
    """{sale, refund, stock: how many}"""
    left_out: int
    """Lines that make nothing."""
    met: Mapping[str, int]
    total: Decimal
    """Sales less refunds."""
    opening: Decimal
    """Units that must have lain on the shelf before."""
    opened: int
    """Of how many products."""
    first: date | None
    last: date | None
    problems: Sequence[tuple[int, str]]
    problem_count: int

    @classmethod
    def of(cls, survey: Survey, shelf: Shelf) -> Trial:
        """What was counted of a file."""
        first, last = runs.span(shelf)
        needs = survey.needs.values()
        return cls(
            survey.rows, survey.made, survey.left_out, survey.met, survey.total, sum(needs, Decimal(0)), len(needs),
            first, last, shelf.problems[:100], shelf.problem_count,
        )  # fmt: skip

    def as_json(self) -> dict[str, Any]:
        """What `from_json` reads."""
        told = {name: getattr(self, name) for name in self.__dataclass_fields__}
        plain = {name: str(told[name]) for name in ("total", "opening")}
        days = {name: told[name].isoformat() if told[name] else None for name in ("first", "last")}
        return {**told, **plain, **days, "made": dict(self.made), "met": dict(self.met)}

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Trial:
        """A trial as its job keeps it."""
        sums = {name: Decimal(kept[name]) for name in ("total", "opening")}
        days = {name: date.fromisoformat(kept[name]) if kept[name] else None for name in ("first", "last")}
        return cls(**{**kept, **sums, **days, "problems": [(row, said) for row, said in kept["problems"]]})


def start(plan: Plan, file_id: int) -> Job:
    """Leave a trial to a worker and remember the plan; raises Invalid where the plan does not fit the file."""
    require("import", runs.TYPE)
    table = importing.opened(file_id)
    plan = plan.checked(table.columns)
    request = {"file": file_id, "name": table.name, "columns": list(table.columns), "plan": plan.as_json()}
    with transaction():
        runs.remember(plan, table)
        return outbox.put(
            Job(
                kind=runs.TRIAL, key=f"trial:{secrets.token_hex(12)}", queue="long", lane=runs.TRIAL,
                max_attempts=runs.ATTEMPTS, request=request, subject=runs.TYPE,
            )
        )  # fmt: skip


def work(claim: Claim) -> None:
    """Judge the file; raises runs.BooksClosed where its first day is locked."""
    _tell(claim, phase="reading")
    plan = Plan.from_json(claim.request["plan"])
    shelf, judge = runs.shelved(plan, importing.opened(claim.request["file"]))
    first, _last = runs.span(shelf)
    if first is not None:
        runs.refuse_closed(runs.begins(plan, first))
    survey, told = Survey(), telling.Told(shelf)
    pairs = runs.paired(shelf, judge)
    while chunk := list(islice(pairs, runs.CHUNK)):
        for held, judged in chunk:
            survey.take(judged)
            told.note(held, judged)
        _tell(claim, phase="judging", total=shelf.rows, done=survey.rows)
    with parts.part(claim) as job:
        told.keep(claim.id, claim.request["name"])
        parts.end(job, Trial.of(survey, shelf).as_json())


def _tell(claim: Claim, **progress: Any) -> None:
    with parts.part(claim) as job:
        job.progress = progress
