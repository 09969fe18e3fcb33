"""Exports as people get them: CSV as it is read, a sheet at once, or a page that watches a long one being made."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from urllib.parse import quote

from flask import Response

from erp import clock, context
from erp.access import require
from erp.context import Context
from erp.data.base import session
from erp.data.files import File
from erp.documents.lists import COUNTED, ListQuery
from erp.documents.types import DocumentType
from erp.errors import NotFound
from erp.i18n import _, format_number
from erp.jobs.models import DONE, FAILED, Job
from erp.reports import exports, packs, papers
from erp.screens import words
from erp.screens.filing import sent
from erp.web.shapes import Link
from erp.web.states import states_in

VERBS = {exports.KIND: "export", papers.KIND: "show", packs.KIND: "show"}
"""What one must be allowed on the rows to have what a worker made of them."""


@dataclass(frozen=True)
class ExportPage:
    """millrace/export.html."""

    title: str
    crumbs: Sequence[Link]
    percent: int
    progress: str
    progress_url: str = ""
    start_url: str = ""
    """Where a post begins to write it, with `query`."""
    query: str = ""
    error: str = ""
    links: Sequence[Link] = ()


def states_of(kind: DocumentType) -> dict[str, str]:
    """What the states of a type are called in the reader's language, by id."""
    states = states_in(words.live_diagram(kind.name)) if kind.is_document else {}
    return {name: state.label for name, state in states.items()}


def _named(query: ListQuery, ending: str) -> str:
    name = f"{query.type.plural} {clock.now():%Y-%m-%d}.{ending}"
    plain = f"{query.type.name}-{clock.now():%Y-%m-%d}.{ending}"
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name)}"


def csv(query: ListQuery) -> Response:
    """The list as CSV, sent while it is read; a query that cannot run is told before anything is sent."""
    replace(query, size=1).page()
    chunks = _in_the_name_of(context.current(), query, states_of(query.type))
    response = Response(chunks, content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = _named(query, "csv")
    return response


def _in_the_name_of(acting: Context, query: ListQuery, states: dict[str, str]) -> Iterator[bytes]:
    """The chunks, read after the request is over: its context and session are gone by then."""
    before = context.current()
    context.enter(acting)
    try:
        yield from exports.csv_of(query, states)
    finally:
        session.remove()
        context.enter(before)


def is_long(query: ListQuery) -> bool:
    """Whether nobody should wait for the sheet of this list."""
    return query.count() > exports.AT_ONCE


def xlsx(query: ListQuery) -> Response:
    """The list as a sheet."""
    with exports.xlsx_of(query, states_of(query.type)) as path:
        response = Response(path.read_bytes(), content_type=exports.XLSX)
    response.headers["Content-Disposition"] = _named(query, "xlsx")
    return response


def start(query: ListQuery) -> Job:
    """Leave a long sheet to a worker."""
    return exports.put(query, states_of(query.type))


def offer(query: ListQuery, asked: str) -> ExportPage:
    """The page that asks whether a long sheet is to be written; `asked` is the list's own query."""
    plural, url = str(query.type.plural), f"/{query.type.name}/"
    count = query.count()
    shown = _("more than %(count)s", count=format_number(COUNTED)) if count > COUNTED else format_number(count)
    return ExportPage(
        title=_("Export: %(things)s", things=plural),
        crumbs=[Link(plural, url)],
        percent=0,
        progress=_("This sheet has %(count)s rows. It is written while you go on working.", count=shown),
        start_url=f"{url}export.xlsx",
        query=asked,
    )


def own_job(job_id: int, type_name: str) -> Job:
    """An export or long print of the acting member; raises NotFound, or Forbidden for who may not have it any more."""
    job = session().get(Job, job_id)
    mine = job is not None and job.kind in VERBS and job.subject_id == context.current().member_id
    if job is None or not mine or job.request["type"] != type_name:
        raise NotFound
    require(VERBS[job.kind], type_name)
    return job


def state_of(job: Job) -> dict[str, object]:
    """How far it is, as the page's script reads it."""
    done, total = job.progress.get("done", 0), job.progress.get("total", 0)
    percent = 100 if job.state == DONE else min(99, done * 100 // total) if total else 0
    counts = {"done": format_number(done), "total": format_number(total)}
    text = _("%(done)s of %(total)s rows", **counts)
    if job.kind != exports.KIND:
        text = _("Printing") if job.kind == papers.KIND else _("%(done)s of %(total)s files", **counts)
    return {"percent": percent, "text": text if total else _("Waiting"), "finished": job.is_over}


def page_of(job: Job, plural: str) -> ExportPage:
    """The page that watches an export."""
    url, state = f"/{job.request['type']}/", state_of(job)
    title = job.request.get("title") or _("Export: %(things)s", things=plural)
    ready, failed, get = _words(job.kind)
    links = [Link(get, f"{url}export/{job.id}/file", "download")] if job.state == DONE else []
    return ExportPage(
        title=title,
        crumbs=[Link(plural, url)],
        percent=int(str(state["percent"])),
        progress=ready if job.state == DONE else str(state["text"]),
        progress_url="" if job.is_over else f"{url}export/{job.id}/progress",
        error=failed if job.state == FAILED else "",
        links=links,
    )


def _words(kind: str) -> tuple[str, str, str]:
    """How it is said that it is ready, that it failed, and to get it."""
    if kind == papers.KIND:
        return _("The PDF is ready."), _("The PDF could not be made. Try again."), _("Open the PDF")
    if kind == packs.KIND:
        return _("The pack is ready."), _("The pack could not be made. Try again."), _("Download the pack")
    return _("The sheet is ready."), _("The sheet could not be written. Try again."), _("Download the sheet")


def file_of(job: Job) -> Response:
    """What a worker made; raises NotFound while there is none."""
    found = session().get(File, job.result["file"]) if job.state == DONE else None
    if found is None:
        raise NotFound(_("This is not ready yet."))
    return sent(found)
