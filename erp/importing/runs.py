"""An import as it is tried, started, watched and stopped; `working` runs it."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from typing import Any

from erp import context
from erp.access import can, require
from erp.data import files, settings
from erp.data.base import repeated, session, transaction
from erp.data.files import File
from erp.documents.types import document_type
from erp.errors import NotFound
from erp.importing import refusals
from erp.importing.arrivals import Arrivals
from erp.importing.matching import Matcher, Outcome
from erp.importing.plans import Plan, guess, importable
from erp.importing.readings import read_by
from erp.importing.tables import Table, read
from erp.jobs import outbox, parts
from erp.jobs.models import CANCELLED, DONE, FAILED, Job

KIND = "import"
"""Of the job, of the way in, and of whom its files belong to."""
CHUNK = 500
ATTEMPTS = 5
REMEMBERED = 20
"""Plans kept for each type: one for every set of columns."""


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
    """Rows that are records or parts of one; 0 while the file is still being read."""
    outcome: dict[str, Any]
    """`Outcome.as_json()`; what was written so far where it ended before its end."""
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


def keep(name: str, content: bytes) -> File:
    """Keep an upload for the acting member; raises Invalid at `file` when it cannot be read."""
    name = files.clean_name(name)
    table = read(content, name)
    media_type = "text/csv" if table.delimiter else files.OFFICE[".xlsx"]
    acting = context.current()
    digest = files.keep(acting.tenant_id or 0, content)
    made = File(name=name, sha256=digest, size=len(content), media_type=media_type, purpose=KIND)
    with transaction():
        return files.attach(made, KIND, acting.member_id or 0)


def _file(file_id: int) -> File:
    """A file the acting member brought, or an import made for them; raises NotFound."""
    found = session().get(File, file_id)
    if found is None or found.owner != KIND or found.owner_id != (context.current().member_id or 0):
        raise NotFound
    return found


def opened(file_id: int) -> Table:
    """The table in a kept upload; raises NotFound when it is not the acting member's."""
    return read(content(file_id), _file(file_id).name)


def content(file_id: int) -> bytes:
    """The bytes of a kept upload, as they were sent; raises NotFound when it is not the acting member's."""
    found = _file(file_id)
    return files.read(found.tenant_id, found.sha256)


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
    matcher = matcher_of(plan, table.name)
    for chunk in reading.chunks(CHUNK):
        matcher.match(chunk.items).tell(outcome)
    outcome.problems.sort(key=lambda problem: problem.row)
    return outcome


def matcher_of(plan: Plan, file_name: str) -> Matcher:
    """What finds and compares the records of a plan; documents arrive as history."""
    return Arrivals(plan, file_name) if document_type(plan.type).is_document else Matcher(plan)


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


def _job(job_id: int) -> Job:
    found = session().get(Job, job_id, populate_existing=True)
    if found is None or found.kind != KIND or not can("import", found.subject):
        raise NotFound
    return found


def progress(job_id: int) -> Progress:
    """How far an import is; raises NotFound for others' and for what is no import."""
    job = _job(job_id)
    result = job.result or {}
    so_far = {name: job.progress[name] for name in ("new", "changed", "unchanged") if name in job.progress}
    return Progress(
        job_id=job.id,
        type=job.subject,
        name=job.request["name"],
        state=job.state,
        done=job.progress.get("done", 0),
        total=job.progress.get("total", 0),
        outcome=result.get("outcome", so_far),
        problems_file=result.get("problems_file"),
        error=job.error,
    )


@repeated
def stop(job_id: int) -> None:
    """Stop an import after the chunk it is at; what is written stays. Raises Conflict when it is over."""
    job = _job(job_id)
    parts.stop(job.id)
    refusals.forget(job.id)
