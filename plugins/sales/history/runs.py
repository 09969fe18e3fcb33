"""A history as it is started, watched and stopped, and its job: part by part, on where a dead worker was."""

from __future__ import annotations

import hashlib
import secrets
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import islice
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from erp import (
    Claim,
    Invalid,
    Job,
    NotFound,
    _,
    audit,
    branch,
    can,
    company,
    current,
    day_of,
    importing,
    notify,
    outbox,
    parts,
    read_setting,
    require,
    session,
    transaction,
    write_setting,
)
from plugins.accounting.api import cover_years, keeps_books, refuse_locked
from plugins.sales.history import records, telling
from plugins.sales.history.judging import Judge, Judged, Survey
from plugins.sales.history.plans import Plan, guess
from plugins.sales.history.reading import Held, Shelf, read
from plugins.sales.history.writing import Writer

KIND, TRIAL = "sales.history", "sales.history.trial"
"""Of the jobs."""
TYPE = "sale"
CHUNK = 300
"""Numbers of one transaction."""
ATTEMPTS = 5
REMEMBERED = "sales.history"
"""Setting: [[signature of the columns, plan]]."""
Pairs = Iterator[tuple[Held, Judged]]


@dataclass(frozen=True)
class Progress:
    """How far it is; afterwards what it did. Of a trial too."""

    job_id: int
    is_trial: bool
    file_id: int
    columns: Sequence[str]
    """Of the file; of a trial alone."""
    name: str
    state: str
    phase: str
    done: int
    total: int
    made: Mapping[str, int]
    met: Mapping[str, int]
    error: str
    is_over: bool
    plan: Plan
    problems: Sequence[tuple[int, str]]
    result: Mapping[str, Any]
    """As the job keeps it."""

    @property
    def is_stopped(self) -> bool:
        """Whether somebody stopped it."""
        return self.is_over and self.state not in {"done", "failed"}

    @property
    def percent(self) -> int:
        """0 to 100."""
        return 100 if self.state == "done" else min(99, self.done * 100 // self.total) if self.total else 0


# -- before it runs -----------------------------------------------------------------------------------------


def recalled(table: importing.Table) -> Plan:
    """The plan last used for a file with these columns, else a guess."""
    for signature, kept in read_setting(REMEMBERED, []):
        if signature == _signature(table):
            return Plan.from_json(kept)
    return guess(table.columns)


def remember(plan: Plan, table: importing.Table) -> None:
    """Keep the plan for the next file with these columns."""
    others = [pair for pair in read_setting(REMEMBERED, []) if pair[0] != _signature(table)]
    write_setting(REMEMBERED, [[_signature(table), plan.as_json()], *others][:20])


def _signature(table: importing.Table) -> str:
    return hashlib.sha256("\x1f".join(table.columns).encode()).hexdigest()[:16]


def shelved(plan: Plan, table: importing.Table) -> tuple[Shelf, Judge]:
    """The file read, and its judge."""
    place = branch()
    zone = ZoneInfo(place.timezone if place is not None else current().timezone)
    shelf = read(table, plan.checked(table.columns), zone)
    return shelf, Judge(shelf, plan, company().currency)


def paired(shelf: Shelf, judge: Judge) -> Pairs:
    """Every number with what it becomes."""
    return zip(shelf.documents, judge.all(), strict=True)


def span(shelf: Shelf) -> tuple[date | None, date | None]:
    """The first and the last business day of what can be read."""
    readable = [held for held in shelf.documents if held.is_readable]
    if not readable:
        return None, None
    first, last = (min(each.moment for each in shelf.of(held)) for held in (readable[0], readable[-1]))
    return day_of(first, current().branch_id), day_of(last, current().branch_id)


def begins(plan: Plan, first: date) -> date:
    """The first day anything is written to: what the history needs comes in the day before it."""
    return first - timedelta(days=1) if plan.choice("opening") == "needed" else first


def start(plan: Plan, file_id: int) -> Job:
    """Leave it to a worker; histories of one company come in one after another."""
    require("import", TYPE)
    table = importing.opened(file_id)
    plan = plan.checked(table.columns)
    with transaction():
        remember(plan, table)
        return outbox.put(
            Job(
                kind=KIND, key=f"history:{secrets.token_hex(12)}", queue="long", lane=KIND, max_attempts=ATTEMPTS,
                request={"file": file_id, "name": table.name, "plan": plan.as_json()}, subject=TYPE,
            )
        )  # fmt: skip


# -- watching it --------------------------------------------------------------------------------------------


def _job(job_id: int) -> Job:
    found = session().get(Job, job_id, populate_existing=True)
    if found is None or found.kind not in {KIND, TRIAL} or not can("import", TYPE):
        raise NotFound
    return found


def progress(job_id: int) -> Progress:
    """How far it is; raises NotFound for what is no history."""
    job = _job(job_id)
    so_far = job.progress
    return Progress(
        job_id=job.id, is_trial=job.kind == TRIAL, file_id=job.request["file"],
        columns=job.request.get("columns", ()), name=job.request["name"], state=job.state,
        phase=so_far.get("phase", ""),
        done=so_far.get("done", 0), total=so_far.get("total", 0), made=so_far.get("made", {}),
        met=so_far.get("met", {}), error=job.error, is_over=job.is_over,
        plan=Plan.from_json(job.request["plan"]),
        problems=[(row, said) for row, said in (job.result or {}).get("problems", ())], result=job.result or {},
    )  # fmt: skip


def stop(job_id: int) -> None:
    """Stop it after the part it is at; what is written stays. Raises Conflict when it is over."""
    parts.stop(_job(job_id).id)


# -- the job ------------------------------------------------------------------------------------------------


def work(claim: Claim) -> None:
    """Bring the history in: years, customers, products, opening stock, then number by number."""
    plan = Plan.from_json(claim.request["plan"])
    shelf, judge = shelved(plan, importing.opened(claim.request["file"]))
    writer, opened, place = _begin(claim, plan, shelf)
    _make_records(claim, shelf, judge, writer)
    survey = _surveyed(claim, shelf, judge, writer)
    if plan.choice("opening") == "needed":
        _open(claim, shelf, survey, opened, writer)
    again = paired(shelf, Judge(shelf, plan, company().currency))
    for _passed in islice(again, place):
        pass
    _write(claim, again, place, writer)
    _finish(claim, shelf, survey)


def _begin(claim: Claim, plan: Plan, shelf: Shelf) -> tuple[Writer, int, int]:
    """What writes, and how far an earlier attempt has come; the years of the history are there afterwards."""
    with parts.part(claim) as job:
        job.progress = {"done": 0, "place": 0, "opened": 0, "made": {}, **job.progress, "total": shelf.rows}
        first, last = span(shelf)
        if first is not None and last is not None:
            refuse_closed(begins(plan, first))
            if keeps_books():
                cover_years(first - timedelta(days=1), last)
        return Writer(plan, claim.request["name"]), job.progress["opened"], job.progress["place"]


class BooksClosed(Invalid):
    """The period was locked after the trial: trying again changes nothing."""

    is_final: ClassVar[bool] = True


def refuse_closed(first: date) -> None:
    """Raise BooksClosed where a day is locked."""
    try:
        refuse_locked("sales", first)
    except Invalid as refusal:
        raise BooksClosed(refusal.message) from refusal


def _make_records(claim: Claim, shelf: Shelf, judge: Judge, writer: Writer) -> None:
    """Customers and products that are not there yet."""
    for numbers in records.by_thousands(shelf.countries):
        with parts.part(claim) as job:
            _count(job, "customers", customers=records.make_customers(shelf, numbers))
    for codes in records.by_thousands(shelf.articles):
        with parts.part(claim) as job:
            taxes = writer.pricer.inside(span(shelf)[0] or date.min, None)
            _count(job, "products", products=records.make_products(judge, codes, taxes, writer.currency))


def _surveyed(claim: Claim, shelf: Shelf, judge: Judge, writer: Writer) -> Survey:
    """All numbers counted, with what those that are not here yet need of opening stock.

    What rules were met by which lines is kept now, so that a history that is stopped has it too.
    """
    survey, told = Survey(), telling.Told(shelf)
    pairs = paired(shelf, judge)
    while chunk := list(islice(pairs, CHUNK)):
        known = writer.known([entry for _held, judged in chunk for entry in judged.entries])
        for held, judged in chunk:
            survey.take(judged, known)
            told.note(held, judged)
    session.remove()
    with parts.part(claim) as job:
        job.progress = {**job.progress, "met": dict(survey.met)}
        told.keep(claim.id, claim.request["name"])
    return survey


def _open(claim: Claim, shelf: Shelf, survey: Survey, opened: int, writer: Writer) -> None:
    """What the history needs comes in the day before it begins, some hundred products at a time."""
    first = span(shelf)[0]
    needs = sorted(survey.needs.items()) if first is not None else []
    for at in range(opened, len(needs), records.AT_ONCE):
        some = dict(needs[at : at + records.AT_ONCE])
        with parts.part(claim) as job:
            goods = records.products(some, writer.plan.cost_percent)
            note = _("Opening stock of %(file)s", file=writer.file_name)
            before = begins(writer.plan, first or date.max)
            writer.shelves.open(some, goods, before, f"opening:{claim.id}:{at}", note)
            job.progress = {**job.progress, "opened": at + records.AT_ONCE}
            _count(job, "opening", opened=len(some))


def _write(claim: Claim, pairs: Pairs, place: int, writer: Writer) -> None:
    """Number after number, some hundred in a transaction."""
    while chunk := [judged for _held, judged in islice(pairs, CHUNK)]:
        with parts.part(claim) as job:
            made = writer.write(chunk)
            place += len(chunk)
            done = job.progress["done"] + sum(judged.rows for judged in chunk)
            job.progress = {**job.progress, "place": place, "done": done}
            _count(job, "documents", **made)
        session.remove()


def _count(job: Job, phase: str, **made: int) -> None:
    """Note how many were made of what, and in which phase it is."""
    job.progress = {**job.progress, "phase": phase, "made": dict(Counter(job.progress["made"]) + Counter(made))}


def _finish(claim: Claim, shelf: Shelf, survey: Survey) -> None:
    with parts.part(claim) as job:
        job.progress = {**job.progress, "done": shelf.rows}
        made = {name: [None, count] for name, count in job.progress["made"].items() if count}
        audit.note("imported", "import", job.id, item=f"{TYPE}: {claim.request['name']}", **made)
        parts.end(job, {"made": job.progress["made"], "met": dict(survey.met), "problems": shelf.problems[:100]})
        if (member_id := current().member_id) is not None:
            what = _("The import of %(name)s", name=claim.request["name"])
            notify(member_id, "ready", url=f"/{TYPE}/import/run/{job.id}", key=f"job:{job.id}", what=what)
