"""`erp import`: a file brought in from the console, in the name of a member and with no more than their rights."""

from __future__ import annotations

import argparse
import csv
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from erp import context, importing
from erp.access import enter_as, require
from erp.data import files
from erp.data.base import Base, session, system
from erp.data.files import File
from erp.data.organisation import Tenant
from erp.errors import Invalid, SetupError
from erp.importing import Plan, Table, Way
from erp.jobs import worker
from erp.jobs.models import Job

SHOWN = 20
"""Rows with mistakes that are named on the console."""


def add_command(commands: Any) -> None:
    """The arguments of `erp import`."""
    bring = commands.add_parser("import", help="bring a CSV or XLSX file in, in the name of a member")
    bring.add_argument("type", help="what its rows are: party, product, repair_order; or a way in of its own: history")
    bring.add_argument("file", type=Path)
    bring.add_argument("--company", required=True, help="its short name: savanna-repairs")
    bring.add_argument("--as", required=True, dest="user", help="the user name of a member who may import these")
    bring.add_argument(
        "--plan", type=Path, help="the plan as JSON; without it the last one for these columns, or a guess"
    )
    bring.add_argument("--dry-run", action="store_true", help="say what would happen; nothing is brought in")
    bring.add_argument("--write-plan", type=Path, help="where the plan that counts is written, to be corrected")
    bring.add_argument("--left-out", type=Path, help="where the rows that were not taken are written, as a sheet")


def bring(chosen: argparse.Namespace) -> str:
    """Carry out `erp import` in a process that is prepared; what to say. Raises SetupError when rows were not taken."""
    _enter(chosen.company, chosen.user)
    way = next((each for each in importing.ways() if each.name == chosen.type), None)
    require("import", chosen.type if way is None else way.type)
    content = _content(chosen.file)
    try:
        table = importing.read(content, chosen.file.name)
        if way is not None:
            return _by(way, chosen, table, content)
        importing.importable(chosen.type)
        plan = _plan(chosen, table)
        _write_plan(chosen, plan.as_json())
        if chosen.dry_run:
            return _said(importing.dry_run(plan, table).as_json(SHOWN), is_trial=True)
        return _run(plan, chosen.file.name, content, chosen.left_out)
    except Invalid as refused:
        told = [refused.message, *(f"{name}: {sentence}" for name, sentence in refused.fields.items())]
        raise SetupError("\n".join(told)) from refused


def _by(way: Way, chosen: argparse.Namespace, table: Table, content: bytes) -> str:
    """By a plugin's own way in: tried or brought in here, unless another is before it."""
    wished = way.plan(table, _wished(chosen))
    _write_plan(chosen, wished)
    kept = importing.keep(chosen.file.name, content)
    job = (way.attempt if chosen.dry_run else way.start)(wished, kept.id)
    if not _worked(job):
        return _later(job)
    said = way.said(job.id)
    if chosen.left_out is None:
        return said
    with chosen.left_out.open("w", newline="") as out:
        csv.writer(out).writerows(way.lines(job.id))
    return f"{said}\nThe lines rules were met by are in {chosen.left_out}."


def _write_plan(chosen: argparse.Namespace, wished: Mapping[str, Any]) -> None:
    if chosen.write_plan is not None:
        chosen.write_plan.write_text(json.dumps(wished, ensure_ascii=False, indent=1))


def _enter(slug: str, name: str) -> None:
    with system() as current:
        tenant = current.scalar(sa.select(Tenant.id).where(Tenant.slug == slug))
        users = Base.metadata.tables["ab_user"].c
        user = current.scalar(sa.select(users.id).where(users.username == name))
    if tenant is None:
        raise SetupError(f"There is no company {slug}.")
    if user is None or enter_as(user, tenant, source="import") is None:
        raise SetupError(f"{name} is no member of {slug}.")


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise SetupError(f"{path} cannot be read: {error.strerror}.") from error


def _plan(chosen: argparse.Namespace, table: Table) -> Plan:
    wished = _wished(chosen)
    return importing.recalled(chosen.type, table) if wished is None else Plan.from_json({**wished, "type": chosen.type})


def _wished(chosen: argparse.Namespace) -> dict[str, Any] | None:
    """The plan that was given, as JSON."""
    if chosen.plan is None:
        return None
    try:
        wished = json.loads(_content(chosen.plan))
    except ValueError as error:
        raise SetupError(f"{chosen.plan} is not JSON: {error}") from error
    if not isinstance(wished, dict):
        raise SetupError(f"{chosen.plan} is no plan: it must be a JSON object.")
    return wished


def _run(plan: Plan, name: str, content: bytes, left_out: Path | None) -> str:
    """Run it here, unless another import of this type is before it: then a worker does."""
    job = importing.start(plan, importing.keep(name, content).id)
    if not _worked(job):
        return _later(job)
    found = importing.progress(job.id)
    if not found.is_over or found.error:
        raise SetupError(f"The import has not ended: {found.error or 'a worker tries it again'}.")
    said = _said(found.outcome, is_trial=False)
    if found.problems_file and left_out is not None:
        file = session().get_one(File, found.problems_file)
        left_out.write_bytes(files.read(file.tenant_id, file.sha256))
        said = f"{said}\nThese rows are in {left_out}; correct them and bring that file in."
    if found.outcome.get("problem_count"):
        raise SetupError(said)
    return said


def _worked(job: Job) -> bool:
    """Run a job here; whether it was this process's to run."""
    acting = context.current()
    ran = worker.run(job.id)
    session.remove()
    context.enter(acting)
    return ran


def _later(job: Job) -> str:
    return f"Another import is before this one; a worker goes on with it as job {job.id}."


def _said(found: dict[str, Any], *, is_trial: bool) -> str:
    verb = "would be" if is_trial else "were"
    lines = [f"{found['new']} {verb} new, {found['changed']} changed, {found['unchanged']} as they are."]
    lines += [f"{count} left out: {rule}." for rule, count in found["skipped"].items() if count]
    if found["problem_count"]:
        lines.append(f"{found['problem_count']} rows {'could not' if not is_trial else 'cannot'} be taken:")
        lines += [
            f"  row {each['row']}, {each['column'] or '-'}: {each['message']}" for each in found["problems"][:SHOWN]
        ]
    return "\n".join(lines)
