"""The demo company of the embedded database: plugins tell its year, this stages it and says who may sign in."""

from __future__ import annotations

import gc
import json
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from random import Random
from typing import Any

import sqlalchemy as sa

from erp import clock, context, founding, operations, prepare
from erp.access import enter_as
from erp.config import Settings
from erp.context import Context
from erp.data.base import connect, disconnect, session, transaction
from erp.data.tenancy import enter
from erp.documents.base import Document, Record
from erp.documents.types import declared
from erp.jobs import worker
from erp.jobs.claims import Claim
from erp.jobs.models import FAILED, WAITING, Job
from erp.provision import Place, Provision
from erp.run import simulators
from erp.workflow import steps
from erp.workflow.models import WorkflowTask
from erp.workflow.operating import incidents
from erp.workflow.people import tasks

SEED = 4817
SWEPT_AFTER = 50_000
"""Objects that are made between two looks for garbage while a year is played."""
SIGN_INS = "sign-ins"
"""File in `var/` with the demo people's passwords, made at random for this installation."""


class Stage:
    """One document type's year: people act by name, outside calls are answered, timers fire when they are told to."""

    def __init__(
        self, type_name: str, people: Mapping[str, Context], answers: Mapping[str, Callable[[Any], Any]] | None = None
    ) -> None:
        self.type_name = type_name
        self.people = dict(people)
        self.answers = answers or {}
        self._seen: tuple[int, list[WorkflowTask]] = (0, [])
        """The document whose open tasks were looked at since the last step, and these."""

    def of(self, type_name: str) -> Stage:
        """The same people with documents of another type."""
        return Stage(type_name, self.people, self.answers)

    def act_as(self, who: str) -> None:
        """Act as a colleague, or as a customer, whom no member is."""
        known = self.people.get(who)
        if known is None:
            known = replace(next(iter(self.people.values())), name=who, user_id=None, member_id=None)
        enter(replace(known, source="demo"))

    def create(self, who: str, type_name: str, values: Mapping[str, Any]) -> int:
        """Somebody makes a document; returns its id."""
        self.act_as(who)
        return operations.create(type_name, values).id

    def complete(self, who: str, document_id: int, element: str, answers: Mapping[str, Any]) -> None:
        """Somebody completes an open task of a document."""
        self.act_as(who)
        known, found = self._seen
        found = found if known == document_id else tasks.open_of(self.type_name, [document_id])
        self._seen = (0, [])
        operations.complete(next(task.id for task in found if task.element == element), answers)

    def open(self, document_id: int) -> list[str]:
        """Elements of the open tasks of a document."""
        found = tasks.open_of(self.type_name, [document_id])
        self._seen = (document_id, found)
        return [task.element for task in found]

    def look(self, document_id: int, field: str) -> Any:
        """A field of a document as it is now."""
        return getattr(session().get_one(declared()[self.type_name].cls, document_id), field)

    def _waiting(self, document_id: int, kind: str) -> list[Job]:
        statement = sa.select(Job).where(
            Job.subject == self.type_name, Job.subject_id == document_id, Job.kind == kind, Job.state == WAITING
        )
        return list(session().scalars(statement.order_by(Job.id)))

    def work(self, document_id: int, *, fails: str = "", papers: bool = True) -> bool:
        """Carry out the waiting calls, or answer them where no `papers` are wanted; True when `fails` was reached."""
        acting = context.current()
        self._seen = (0, [])
        while waiting := self._waiting(document_id, steps.CALL):
            job = waiting[0]
            name = job.request["action"]
            if name == fails:
                self._fail(job)
                return True
            if papers or name not in self.answers:
                worker.run(job.id)
                enter(acting)
            else:
                operations.answer(job.key, self.answers[name](job.request["request"]))
        return False

    def _fail(self, job: Job) -> None:
        reason = "The server did not answer: connection timed out."
        with transaction():
            job.state, job.attempts, job.error, job.finished_at = FAILED, job.max_attempts, reason, clock.now()
            lost = Claim(
                job.id, job.tenant_id, job.kind, job.key, job.request, job.context, job.max_attempts, job.max_attempts,
                job.queue,
            )  # fmt: skip
            incidents.give_up(lost, reason)

    def fire(self, document_id: int, element: str) -> None:
        """A timer of a document is due."""
        self._seen = (0, [])
        with transaction():
            job = next(job for job in self._waiting(document_id, steps.TIMER) if job.request["element"] == element)
            steps.lock(job.request["instance"])
            steps.fire(job.request["instance"], job.request["token"])
            worker.finish(job)


def load(settings: Settings) -> None:
    """Make the demo company where there is no tenant yet; takes half a minute once."""
    assert settings.database_url is not None
    if not settings.demo:
        return
    with Provision(settings.database_url) as owner:
        if owner.has_tenants():
            return
    modules = [plugin.modules["demo"] for plugin in prepare.prepare(settings).values() if "demo" in plugin.modules]
    connect(settings.database_url, hurried=True)  # thousands of commits, and nobody has been told of one
    with _holding(), _seldom_swept():
        _play(settings, modules)
    session.remove()
    context.reset()
    disconnect()


def _play(settings: Settings, modules: list[Any]) -> None:
    """One plugin tells of the company; the others add their part to its year."""
    people: dict[str, Context] = {}
    place = None
    for module in sorted(modules, key=lambda each: not hasattr(each, "COMPANY")):
        is_first = place is None
        place = _founded(settings, module.COMPANY) if place is None else place
        people |= _hire(settings, place, getattr(module, "PEOPLE", ()))
        for other in modules if is_first else ():
            if hasattr(other, "begin"):  # what must be there before the year is told, such as a chart of accounts
                other.begin()
        module.load(Stage(module.TYPE, people, module.ANSWERS), Random(SEED))  # noqa: S311 - a story, not a secret
    if place is not None:
        simulators.introduce(place.tenant_id, settings)


@contextmanager
def _holding() -> Iterator[None]:
    """Hold what sessions read of customers, products and rules: they forget what nobody holds, and ask again.

    Nobody else writes to a company that nobody knows of yet.
    """
    held: list[Record] = []

    def hold(_session: object, row: object) -> None:
        if isinstance(row, Record) and not isinstance(row, Document):
            held.append(row)

    kinds = ("loaded_as_persistent", "pending_to_persistent")
    for kind in kinds:
        sa.event.listen(session.session_factory, kind, hold)
    try:
        yield
    finally:
        for kind in kinds:
            sa.event.remove(session.session_factory, kind, hold)


@contextmanager
def _seldom_swept() -> Iterator[None]:
    """Garbage is looked for less often: what is held grows, and every look passes over all of it."""
    usual = gc.get_threshold()
    gc.set_threshold(SWEPT_AFTER)
    try:
        yield
    finally:
        gc.set_threshold(*usual)


def _founded(settings: Settings, company: Mapping[str, Any]) -> Place:
    facts = dict(company)
    with Provision(settings.database_url or "") as owner:
        return owner.tenant(facts.pop("name"), facts.pop("slug"), **facts)


def _hire(settings: Settings, place: Place, colleagues: Iterable[Any]) -> dict[str, Context]:
    """People of the company; returns who acts under which name."""
    users: dict[str, int] = {}
    kept: list[dict[str, str]] = []
    with Provision(settings.database_url or "") as owner:
        for each in colleagues:
            password = secrets.token_urlsafe(9)
            users[each.name] = owner.person(each.username, each.name, password)
            owner.member(users[each.name], place, each.name, each.roles, branch=each.branch)
            kept.append(
                {"name": each.name, "roles": ", ".join(each.roles), "user": each.username, "password": password}
            )
    _keep(settings, kept)
    people = {}
    for name, user_id in users.items():
        acting = enter_as(user_id, place.tenant_id, source="demo")
        assert acting is not None
        people[name] = acting
        session.remove()
    return people


def _keep(settings: Settings, people: list[dict[str, str]]) -> None:
    path = settings.var / SIGN_INS
    known = json.loads(path.read_text()) if path.is_file() else []
    path.touch(mode=0o600)
    path.write_text(json.dumps([*known, *people], indent=1))


def welcome(settings: Settings) -> str:
    """Who may sign in to the demo company; where there is no company yet, the link that leads to making one."""
    assert settings.database_url is not None
    with Provision(settings.database_url) as owner:
        if not owner.has_tenants():
            return f"There is no company yet. Make yours here: {founding.link(settings)}"
    return sign_ins(settings)


def sign_ins(settings: Settings) -> str:
    """One line for each kind of user of the demo company; empty where there is none."""
    path = settings.var / SIGN_INS
    if not path.is_file():
        return ""
    lines, seen = [], set()
    for each in json.loads(path.read_text()):
        if each["roles"] not in seen:
            seen.add(each["roles"])
            lines.append(f"  {each['user']:<10} {each['password']:<14} {each['name']}, {each['roles']}")
    return "\n".join(["Sign in as", *lines])
