"""The worker's side of an import: chunk by chunk, going on where a killed worker stopped."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from sqlalchemy.exc import DataError, IntegrityError

from erp import context
from erp.data import audit
from erp.data.base import savepoint, session
from erp.errors import ErpError
from erp.i18n import _
from erp.importing import refusals
from erp.importing.matching import Chunk, Matcher, Outcome, told
from erp.importing.plans import Plan
from erp.importing.readings import Chunk as Items
from erp.importing.readings import Item, Problem, Reading, read_by
from erp.importing.runs import CHUNK, KIND, matcher_of, opened
from erp.importing.tables import Table
from erp.jobs import worker
from erp.jobs.claims import Claim
from erp.jobs.models import Job
from erp.jobs.parts import part
from erp.notifications import notify

UNIQUE = "23505"
"""PostgreSQL's code of a unique violation."""
BEGINNING = {
    "done": 0,
    "total": 0,
    "part": 0,
    "place": 0,
    "items": 0,
    "new": 0,
    "changed": 0,
    "unchanged": 0,
    "count": 0,
}
"""Rows done and in all, where the next chunk begins, items so far and what became of them, problems."""


def init() -> None:
    """Tell the worker who runs imports."""
    worker.registry.handle(KIND, run)


def run(claim: Claim) -> None:
    """Bring the file in, chunk by chunk; each chunk and its progress are one transaction."""
    with context.acting(source=KIND):
        plan = Plan.from_json(claim.request["plan"])
        table = opened(claim.request["file"])
        plan = plan.checked(table)
        reading = read_by(plan, table)
        matcher = matcher_of(plan, table.name)
        try:
            for items in reading.chunks(CHUNK, *_begin(claim, reading.taken)):
                _write_chunk(claim, matcher, items)
                session.remove()
            _finish(claim, plan, table, reading)
        except worker.Stopped:
            session.remove()


def _begin(claim: Claim, total: int) -> tuple[int, int]:
    """Note how much there is; returns the part and the place in it that an earlier attempt has reached."""
    with part(claim) as job:
        job.progress = {**BEGINNING, **job.progress, "total": total}
        return int(job.progress["part"]), int(job.progress["place"])


def _write_chunk(claim: Claim, matcher: Matcher, items: Items) -> None:
    with part(claim) as job:
        chunk = matcher.match(items.items, lock=True)
        _write(matcher, chunk)
        refusals.note(job.id, items.items, chunk.problems)
        so_far = job.progress
        job.progress = {
            "done": so_far["done"] + items.rows,
            "total": so_far["total"],
            "part": items.part,
            "place": items.place,
            "items": so_far["items"] + len(items.items),
            "new": so_far["new"] + len(chunk.new),
            "changed": so_far["changed"] + len(chunk.changed),
            "unchanged": so_far["unchanged"] + chunk.unchanged,
            "count": so_far["count"] + len(chunk.problems),
        }


def _write(matcher: Matcher, chunk: Chunk) -> None:
    """Write all at once; when the database refuses something, one by one, so that only the refused stay out."""
    try:
        with savepoint():
            if chunk.new:
                matcher.insert([values for _item, values in chunk.new])
            for _item, row, values in chunk.changed:
                _change(matcher, row, values)
            session().flush()
    except (IntegrityError, DataError, ErpError):
        chunk.new = [
            (item, values) for item, values in chunk.new if _accepted(chunk, item, partial(matcher.insert, [values]))
        ]
        chunk.changed = [
            (item, row, values)
            for item, row, values in chunk.changed
            if _accepted(chunk, item, partial(_change, matcher, row, values))
        ]


def _change(matcher: Matcher, row: Any, values: dict[str, Any]) -> None:
    entries = {entry.name: entry for entry in matcher.fields}
    for name, value in values.items():
        matcher.kind.put(row, entries[name], value)
    row.recompute()


def _accepted(chunk: Chunk, item: Item, write: Callable[[], None]) -> bool:
    try:
        with savepoint():
            write()
            session().flush()
    except ErpError as error:
        chunk.problems.append(Problem(item.row, "", item.key, told(error)))
    except (IntegrityError, DataError) as error:
        said = _("One of these values is not accepted.")
        if getattr(error.orig, "sqlstate", "") == UNIQUE:
            said = _("There is already another record with one of these values.")
        chunk.problems.append(Problem(item.row, "", item.key, said))
    else:
        return True
    return False


def _finish(claim: Claim, plan: Plan, table: Table, reading: Reading) -> None:
    """Count, keep the rows that could not be taken, and mark the job done, all in one transaction."""
    with part(claim) as job:
        counts, outcome = job.progress, Outcome.of(reading, plan)
        outcome = replace(outcome, new=counts["new"], changed=counts["changed"], unchanged=counts["unchanged"])
        outcome.repeated -= counts["items"]
        outcome.problem_count += counts["count"]
        outcome.problems = sorted([*outcome.problems, *refusals.first(job.id)], key=lambda problem: problem.row)
        kept = refusals.keep_file(job.id, table, reading) if outcome.problem_count else None
        refusals.forget(job.id)
        _tell_history(job, plan, outcome)
        worker.finish(job, {"outcome": outcome.as_json(), "problems_file": kept.id if kept else None})
        _tell_member(job, plan)


def _tell_history(job: Job, plan: Plan, outcome: Outcome) -> None:
    """One entry for the whole import: who brought which file, and what came of it."""
    counts = {"new": outcome.new, "changed": outcome.changed, "problems": outcome.problem_count}
    changes = {name: [None, count] for name, count in counts.items() if count}
    with context.acting(source=KIND):
        audit.note("imported", KIND, job.id, item=f"{plan.type}: {job.request['name']}", **changes)


def _tell_member(job: Job, plan: Plan) -> None:
    """Whoever brought the file hears that it is in, unless a program did."""
    member_id = context.current().member_id
    if member_id is not None:
        what = _("The import of %(name)s", name=job.request["name"])
        notify(member_id, "ready", url=f"/{plan.type}/import/run/{job.id}", key=f"job:{job.id}", what=what)
