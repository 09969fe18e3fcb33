"""Files of reports as people get them: short ones at once, long ones from a page that watches them being made."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from flask import Response

from erp import context
from erp.data.base import session
from erp.data.files import File
from erp.errors import NotFound
from erp.i18n import _, format_number
from erp.jobs.models import CANCELLED, DONE, FAILED, Job
from erp.reports import files, library, making, report_prints, running
from erp.reports.grouped import ReportSheets
from erp.reports.making import MEDIA, Wanted
from erp.reports.parameters import Chosen
from erp.reports.running import ReportTooLong
from erp.reports.tables import to_csv, to_xlsx
from erp.screens.report_views import URL, Asked
from erp.web.shapes import Link

AT_ONCE: Mapping[str, int] = {"xlsx": 5_000, "csv": 5_000, "pdf": 150}
"""Rows of the longest file that is written while somebody waits."""
Rows = Sequence[Sequence[Any]]


@dataclass(frozen=True)
class ReportFilePage:
    """millrace/report_file.html."""

    title: str
    crumbs: Sequence[Link]
    progress: str
    percent: int = 0
    progress_url: str = ""
    cancel_url: str = ""
    start_url: str = ""
    query: str = ""
    ending: str = ""
    label: str = ""
    error: str = ""
    links: Sequence[Link] = ()


def at_once(it: Wanted) -> Response | None:
    """A short file; None for one nobody should wait for."""
    most = AT_ONCE[it.ending]
    try:
        with running.opened(it.report, it.chosen, order=it.order, limit=most + 1) as found:
            rows = list(found)
    except ReportTooLong:
        return None
    return None if len(rows) > most else attached(WRITERS[it.ending](it, rows), it.name, MEDIA[it.ending])


def _xlsx(it: Wanted, rows: Rows) -> bytes:
    with tempfile.TemporaryDirectory(prefix="millrace-report-") as folder:
        path = Path(folder) / "report.xlsx"
        to_xlsx(files.table(it.report, it.chosen, iter(rows)), path, sheets=ReportSheets.of(it.report))
        return path.read_bytes()


def _csv(it: Wanted, rows: Rows) -> bytes:
    return b"".join(to_csv(files.table(it.report, it.chosen, iter(rows))))


def _pdf(it: Wanted, rows: Rows) -> bytes:
    return report_prints.printed(it.report, it.chosen, rows)


WRITERS: Mapping[str, Callable[[Wanted, Rows], bytes]] = {"xlsx": _xlsx, "csv": _csv, "pdf": _pdf}


def attached(content: bytes, name: str, media_type: str) -> Response:
    """A file somebody asked for; it is kept nowhere."""
    answer = Response(content, content_type=media_type)
    plain = name.encode("ascii", "replace").decode().replace("?", "_")
    way = "inline" if media_type == MEDIA["pdf"] else "attachment"
    answer.headers["Content-Disposition"] = f"{way}; filename=\"{plain}\"; filename*=UTF-8''{quote(name)}"
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


# -- long ones -------------------------------------------------------------------------------------------


def offer(asked: Asked, chosen: Chosen, ending: str) -> ReportFilePage:
    """The page that asks whether a long file is to be written."""
    url = f"{URL}{asked.report.name}"
    return ReportFilePage(
        title=_("File: %(title)s", title=_(asked.report.title)),
        crumbs=_crumbs(asked.report.title, asked.address(chosen)),
        progress=_("This file is long. It is written while you go on working."),
        start_url=f"{url}/file",
        query=asked.query(chosen),
        ending=ending,
        label=_label(ending),
    )


def _label(ending: str) -> str:
    return {"xlsx": _("Write the sheet"), "csv": _("Write the CSV"), "pdf": _("Print the PDF")}[ending]


def _crumbs(title: str, url: str) -> list[Link]:
    return [Link(_("Reports"), URL), Link(_(title), url)]


def own_job(name: str, job_id: int) -> Job:
    """A file of the acting member; raises NotFound, or Forbidden for who may not have it any more."""
    job = session().get(Job, job_id)
    mine = job is not None and job.kind == making.KIND and job.subject_id == context.current().member_id
    if job is None or not mine or job.request["report"] != name:
        raise NotFound
    library.found(name, "export")
    return job


def state_of(job: Job) -> dict[str, object]:
    """How far it is, as the page's script reads it."""
    done, total = job.progress.get("done", 0), job.progress.get("total", 0)
    percent = 100 if job.state == DONE else min(99, done * 100 // total) if total else 0
    text = _("%(done)s of %(total)s rows", done=format_number(done), total=format_number(total))
    return {"percent": percent, "text": text if total else _("Waiting"), "finished": job.is_over}


def page_of(job: Job) -> ReportFilePage:
    """The page that watches a file."""
    report = library.found(job.request["report"], "export")
    url, state = f"{URL}{report.name}/file/{job.id}", state_of(job)
    is_done = job.state == DONE
    return ReportFilePage(
        title=_("File: %(title)s", title=_(report.title)),
        crumbs=_crumbs(report.title, f"{URL}{report.name}"),
        progress=_("The file is ready.") if is_done else str(state["text"]),
        percent=int(str(state["percent"])),
        progress_url="" if job.is_over else f"{url}/progress",
        cancel_url="" if job.is_over else f"{url}/cancel",
        error=_why(job),
        links=[Link(_("Open the file"), f"{url}/content", "download")] if is_done else [],
    )


def _why(job: Job) -> str:
    """Why there is no file, '' where there is one or will be."""
    if job.state == CANCELLED:
        return _("This file was cancelled.")
    if job.state != FAILED:
        return ""
    return _("The file could not be written: %(reason)s", reason=job.error)


def file_of(job: Job) -> File:
    """What a worker made; raises NotFound while there is none."""
    found = session().get(File, job.result["file"]) if job.state == DONE else None
    if found is None:
        raise NotFound(_("This is not ready yet."))
    return found
