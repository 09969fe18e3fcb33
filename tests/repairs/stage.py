"""Stages the demo year in a test's database, as `erp.run.demo` does in a fresh installation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from erp import clock, context, operations
from erp.data.base import session, transaction
from erp.data.tenancy import enter
from erp.jobs import worker
from erp.jobs.claims import Claim
from erp.jobs.models import FAILED, WAITING, Job
from erp.workflow import incidents, steps, tasks
from plugins.repairs.models import RepairOrder


class DemoStage:
    """People by name, all with the way in `demo`."""

    def __init__(self, people: Mapping[str, context.Context]) -> None:
        self.people = dict(people)

    def _as(self, who: str) -> None:
        known = self.people.get(who) or replace(
            next(iter(self.people.values())), name=who, user_id=None, member_id=None
        )
        enter(replace(known, source="demo"))

    def create(self, who: str, type_name: str, values: Mapping[str, Any]) -> int:
        self._as(who)
        return operations.create(type_name, values).id

    def complete(self, who: str, order_id: int, element: str, answers: Mapping[str, Any]) -> None:
        self._as(who)
        task = next(task for task in tasks.open_of("repair_order", [order_id]) if task.element == element)
        operations.complete(task.id, answers)

    def open(self, order_id: int) -> list[str]:
        return [task.element for task in tasks.open_of("repair_order", [order_id])]

    def look(self, order_id: int, field: str) -> Any:
        return getattr(session().get_one(RepairOrder, order_id), field)

    def _waiting(self, order_id: int, kind: str) -> list[Job]:
        statement = sa.select(Job).where(
            Job.subject == "repair_order", Job.subject_id == order_id, Job.kind == kind, Job.state == WAITING
        )
        return list(session().scalars(statement.order_by(Job.id)))

    def work(self, order_id: int, *, fails: str = "", papers: bool = True) -> bool:
        acting = context.current()
        while waiting := self._waiting(order_id, steps.CALL):
            job = waiting[0]
            action = job.request["action"]
            if action == fails:
                self._fail(job)
                return True
            if papers:
                worker.run(job.id)
                enter(acting)
            else:
                operations.answer(job.key, ANSWERS.get(action, _delivered)(job.request["request"]))
        return False

    def _fail(self, job: Job) -> None:
        reason = (
            "The mail server did not answer: connection timed out."
            if "render" not in job.request["action"]
            else ("The print could not be made; its template needs correcting.")
        )
        with transaction():
            job.state, job.attempts, job.error, job.finished_at = FAILED, job.max_attempts, reason, clock.now()
            claim = Claim(job.id, job.tenant_id, job.kind, job.key, job.request, job.context, 6, 6, job.queue)
            incidents.give_up(claim, reason)

    def fire(self, order_id: int, element: str) -> None:
        with transaction():
            job = next(job for job in self._waiting(order_id, steps.TIMER) if job.request["element"] == element)
            steps.lock(job.request["instance"])
            steps.fire(job.request["instance"], job.request["token"])
            worker.finish(job)


def _delivered(_request: Any) -> dict[str, Any]:
    return {"delivered": "mailbox"}


def _quoted(request: Any) -> dict[str, Any]:
    return {"revision": request["revision"], "valid_until": request["content"]["valid_until"]}


def _receipted(request: Any) -> dict[str, Any]:
    return {"receipt": request["receipt"]}


ANSWERS = {"render_quotation": _quoted, "render_receipt": _receipted}
