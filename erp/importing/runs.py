"""An import as it is tried, started and run: chunk by chunk, going on where a killed worker stopped."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import DataError, IntegrityError

from erp import clock, context
from erp.access import can, require
from erp.data import audit, files, settings
from erp.data.base import repeated, session, transaction
from erp.data.files import File
from erp.errors import Conflict, Invalid, NotFound
from erp.i18n import _
from erp.importing.matching import Chunk, Matcher, Outcome, problems_csv, told
from erp.importing.plans import Plan, guess, importable
from erp.importing.readings import Item, Problem, in_chunks, read_by
from erp.importing.tables import Table, read
from erp.jobs import outbox, worker
from erp.jobs.claims import Claim
from erp.jobs.models import CANCELLED, DONE, FAILED, RUNNING, WAITING, Job
from erp.notifications import notify

KIND = "import"
"""Of the job, of the way in, and of whom its files belong to."""
CHUNK = 500
ATTEMPTS = 5
REMEMBERED = 20
"""Plans kept for each type: one for every set of columns."""
UNIQUE = "23505"
"""PostgreSQL's code of a unique violation."""
NOTED = 500
"""Problems found while writing that a job row keeps."""
BEGINNING = {"done": 0, "total": 0, "new": 0, "changed": 0, "unchanged": 0, "count": 0, "problems": ()}


@dataclass(frozen=True)
class Progress:
    """How far an import is; after its end what it did."""

    job_id: int
    type: str
    name: str
    """The file's."""
    state: str
    done: int
    total: int
    """Records, not rows; 0 while the file is still being read."""
    outcome: dict[str, Any]
    """`Outcome.as_json()`, empty until the end."""
    problems_file: int | None
    """File with the rows that could not be taken."""
    error: str

    @property
    def percent(self) -> int:
        """0 to 100."""
        return 100 if self.state == DONE else min(99, self.done * 100 // self.total) if self.total else 0

    @property
    def is_over(self) -> bool:
        """Whether nothing more will happen."""
        return self.state in {DONE, FAILED, CANCELLED}


# -- before it runs --------------------------------------------------------------------------------------


@repeated
def keep(name: str, content: bytes) -> File:
    """Keep an upload for the acting member; raises Invalid at `file` when it cannot be read."""
    name = files.clean_name(name)
    table = read(content, name)
    return _kept(name, content, "text/csv" if table.delimiter else files.OFFICE[".xlsx"], KIND)


def _kept(name: str, content: bytes, media_type: str, purpose: str) -> File:
    acting = context.current()
    digest = files.keep(acting.tenant_id or 0, content)
    made = File(name=name, sha256=digest, size=len(content), media_type=media_type, purpose=purpose)
    return files.attach(made, KIND, acting.member_id or 0)


def _file(file_id: int) -> File:
    """A file the acting member brought, or an import made for them; raises NotFound."""
    found = session().get(File, file_id)
    if found is None or found.owner != KIND or found.owner_id != (context.current().member_id or 0):
        raise NotFound
    return found


def opened(file_id: int) -> Table:
    """The table in a kept upload; raises NotFound when it is not the acting member's."""
    found = _file(file_id)
    return read(files.read(found.tenant_id, found.sha256), found.name)


def _signature(table: Table) -> str:
    return hashlib.sha256("\x1f".join(table.columns).encode()).hexdigest()[:16]


def recalled(type_name: str, table: Table) -> Plan:
    """The plan last used in this tenant for a file with these columns, else a guess."""
    kind = importable(type_name)
    for signature, known in settings.read_setting(f"import.{type_name}", []):
        if signature == _signature(table):
            return Plan.from_json(known)
    return guess(kind, table)


def _remember(plan: Plan, table: Table) -> None:
    signature = _signature(table)
    others = [pair for pair in settings.read_setting(f"import.{plan.type}", []) if pair[0] != signature]
    settings.write_setting(f"import.{plan.type}", [[signature, plan.as_json()], *others][:REMEMBERED])


def dry_run(plan: Plan, table: Table) -> Outcome:
    """What the import would do; writes nothing. Raises Forbidden, or Invalid when the plan does not fit."""
    require("import", plan.type)
    plan = plan.checked(table)
    reading = read_by(plan, table)
    outcome = Outcome.of(reading, plan)
    matcher = Matcher(plan)
    for items in in_chunks(reading.items, CHUNK):
        matcher.match(items).tell(outcome)
    outcome.problems.sort(key=lambda problem: problem.row)
    return outcome


@repeated
def start(plan: Plan, file_id: int) -> Job:
    """Leave the import to a worker and remember the plan; imports of one type run one after another."""
    require("import", plan.type)
    table = opened(file_id)
    plan = plan.checked(table)
    _remember(plan, table)
    request = {"file": file_id, "name": table.name, "plan": plan.as_json()}
    return outbox.put(
        Job(
            kind=KIND,
            key=f"import:{secrets.token_hex(12)}",
            queue="long",
            lane=f"import:{plan.type}",
            request=request,
            max_attempts=ATTEMPTS,
            subject=plan.type,
        )
    )


# -- watching it -----------------------------------------------------------------------------------------


def _job(job_id: int, *, lock: bool = False) -> Job:
    found = session().get(Job, job_id, with_for_update=lock, populate_existing=True)
    if found is None or found.kind != KIND or not can("import", found.subject):
        raise NotFound
    return found


def progress(job_id: int) -> Progress:
    """How far an import is; raises NotFound for others' and for what is no import."""
    job = _job(job_id)
    result = job.result or {}
    return Progress(
        job_id=job.id,
        type=job.subject,
        name=job.request["name"],
        state=job.state,
        done=job.progress.get("done", 0),
        total=job.progress.get("total", 0),
        outcome=result.get("outcome", {}),
        problems_file=result.get("problems_file"),
        error=job.error,
    )


@repeated
def stop(job_id: int) -> None:
    """Stop an import after the chunk it is at; what is written stays. Raises Conflict when it is over."""
    job = _job(job_id, lock=True)
    if job.is_over:
        raise Conflict(_("This import is over already."))
    job.state, job.finished_at, job.locked_until = CANCELLED, clock.now(), None


# -- in the worker ---------------------------------------------------------------------------------------


class Stopped(Exception):
    """The row is no longer this worker's: somebody stopped the import, or another worker has it."""


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
        matcher = Matcher(plan)
        try:
            done = _begin(claim, len(reading.items))
            for items in in_chunks(reading.items, CHUNK, done):
                _write_chunk(claim, matcher, items)
                session.remove()
            _finish(claim, plan, table, Outcome.of(reading, plan))
        except Stopped:
            session.remove()


def _own(claim: Claim) -> Job:
    job = session().get_one(Job, claim.id, with_for_update=True, populate_existing=True)
    if job.state not in {RUNNING, WAITING} or job.attempts != claim.attempts:
        raise Stopped
    return job


def _begin(claim: Claim, total: int) -> int:
    """Note how much there is; returns how many records an earlier attempt has finished."""
    with transaction():
        job = _own(claim)
        job.progress = {**BEGINNING, **job.progress, "total": total}
        return int(job.progress["done"])


def _write_chunk(claim: Claim, matcher: Matcher, items: list[Item]) -> None:
    with transaction():
        job = _own(claim)
        chunk = matcher.match(items, lock=True)
        _write(matcher, chunk)
        so_far = job.progress
        problems = [*so_far["problems"], *(each.as_json() for each in chunk.problems)]
        job.progress = {
            "done": so_far["done"] + len(items),
            "total": so_far["total"],
            "new": so_far["new"] + len(chunk.new),
            "changed": so_far["changed"] + len(chunk.changed),
            "unchanged": so_far["unchanged"] + chunk.unchanged,
            "count": so_far["count"] + len(chunk.problems),
            "problems": problems[:NOTED],
        }


def _write(matcher: Matcher, chunk: Chunk) -> None:
    """Write all at once; when the database refuses something, one by one, so that only the refused stay out."""
    try:
        with session().begin_nested():
            if chunk.new:
                session().execute(sa.insert(matcher.kind.cls), [values for _item, values in chunk.new])
            for _item, row, values in chunk.changed:
                _change(matcher, row, values)
            session().flush()
    except (IntegrityError, DataError, Invalid):
        chunk.new = [(item, row) for item, row in chunk.new if _accepted(chunk, item, partial(_insert, matcher, row))]
        chunk.changed = [
            (item, row, values)
            for item, row, values in chunk.changed
            if _accepted(chunk, item, partial(_change, matcher, row, values))
        ]


def _insert(matcher: Matcher, values: dict[str, Any]) -> None:
    session().execute(sa.insert(matcher.kind.cls), [values])


def _change(matcher: Matcher, row: Any, values: dict[str, Any]) -> None:
    entries = {entry.name: entry for entry in matcher.fields}
    for name, value in values.items():
        matcher.kind.put(row, entries[name], value)
    row.recompute()


def _accepted(chunk: Chunk, item: Item, write: Callable[[], None]) -> bool:
    try:
        with session().begin_nested():
            write()
            session().flush()
    except Invalid as error:
        chunk.problems.append(Problem(item.row, "", item.key, told(error)))
    except (IntegrityError, DataError) as error:
        said = _("One of these values is not accepted.")
        if getattr(error.orig, "sqlstate", "") == UNIQUE:
            said = _("There is already another record with one of these values.")
        chunk.problems.append(Problem(item.row, "", item.key, said))
    else:
        return True
    return False


def _finish(claim: Claim, plan: Plan, table: Table, outcome: Outcome) -> None:
    """Count, keep the rows that could not be taken, and mark the job done, all in one transaction."""
    with transaction():
        job = _own(claim)
        counts = job.progress
        outcome = replace(outcome, new=counts["new"], changed=counts["changed"], unchanged=counts["unchanged"])
        outcome.problem_count += counts["count"]
        outcome.problems += [Problem(**each) for each in counts["problems"]]
        outcome.problems.sort(key=lambda problem: problem.row)
        kept = _keep_problems(table, outcome)
        _tell_history(job, plan, outcome)
        worker.finish(job, {"outcome": outcome.as_json(), "problems_file": kept.id if kept else None})
        _tell_member(job, plan)


def _keep_problems(table: Table, outcome: Outcome) -> File | None:
    if not outcome.problems:
        return None
    name = files.clean_name(_("Not imported") + f" {table.name.partition('.')[0]}.csv")
    return _kept(name, problems_csv(table, outcome.problems), "text/csv", "import_problems")


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
