"""Long work in parts: each with how far it is in one transaction, so that a killed worker's goes on where it was."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from erp import clock
from erp.data.base import repeated, session, transaction
from erp.errors import Conflict
from erp.i18n import _
from erp.jobs import worker
from erp.jobs.claims import Claim
from erp.jobs.models import CANCELLED, RUNNING, WAITING, Job


@contextmanager
def part(claim: Claim) -> Iterator[Job]:
    """One part: its transaction, with the job's row as it is now and held; raises worker.Stopped where it is lost."""
    with transaction():
        job = session().get_one(Job, claim.id, with_for_update=True, populate_existing=True)
        if job.state not in {RUNNING, WAITING} or job.attempts != claim.attempts:
            raise worker.Stopped
        yield job


def end(job: Job, result: object) -> None:
    """Mark the work done in the transaction of its last part."""
    worker.finish(job, result)


@repeated
def stop(job_id: int) -> None:
    """Stop work after the part it is at; what is written stays. Raises Conflict when it is over. Asks for no rights."""
    held = session().get_one(Job, job_id, with_for_update=True, populate_existing=True)
    if held.is_over:
        raise Conflict(_("This import is over already."))
    held.state, held.finished_at, held.locked_until = CANCELLED, clock.now(), None
