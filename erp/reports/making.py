"""Long files of reports, made by a worker: with a progress that counts rows, cancelled on a word, told when ready."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from erp.config import settings
from erp.data.base import session, transaction
from erp.errors import ErpError
from erp.i18n import _
from erp.jobs import outbox, worker
from erp.jobs.claims import Claim
from erp.jobs.models import Job
from erp.reports import files, handing, library, parameters, report_prints, running
from erp.reports.definitions import Report
from erp.reports.files import XLSX, Told
from erp.reports.parameters import Chosen

KIND = "reports.file"
MEDIA = {"xlsx": XLSX, "csv": "text/csv; charset=utf-8", "pdf": "application/pdf"}
"""What a report may be taken as."""


class Cancelled(ErpError):
    """Nobody wants this file any more."""

    code = "cancelled"
    is_final = True


@dataclass(frozen=True)
class Wanted:
    """A file somebody wants of a report."""

    report: Report
    chosen: Chosen
    ending: str
    order: tuple[str, ...] = ()

    def content(self, told: Told | None = None) -> bytes:
        """The file, within the time files may take; raises ReportTooLong, ReportTooLarge or ReportFailed."""
        return MAKERS[self.ending](self, told)

    @property
    def name(self) -> str:
        """What it is called."""
        return files.name_of(self.report, self.ending)


def _xlsx(it: Wanted, told: Told | None) -> bytes:
    seconds = settings().report_file_seconds
    with files.xlsx_of(it.report, it.chosen, order=it.order, seconds=seconds, told=told) as path:
        return path.read_bytes()


def _csv(it: Wanted, told: Told | None) -> bytes:
    seconds = settings().report_file_seconds
    return b"".join(files.csv_of(it.report, it.chosen, order=it.order, seconds=seconds, told=told))


def _pdf(it: Wanted, _told: Told | None) -> bytes:
    return report_prints.pdf_of(it.report, it.chosen, order=it.order, seconds=settings().report_file_seconds)


MAKERS: Mapping[str, Callable[[Wanted, Told | None], bytes]] = {"xlsx": _xlsx, "csv": _csv, "pdf": _pdf}


def put(report: Report, args: Mapping[str, str], ending: str, order: Sequence[str] = ()) -> Job:
    """Leave a long file behind; it will belong to the acting member."""
    request = {"report": report.name, "args": dict(args), "ending": ending, "order": list(order)}
    return handing.leave(KIND, request)


def cancel(job: Job) -> None:
    """Take a file back; what a worker has of it already is thrown away at its next word."""
    with transaction():
        outbox.cancel_like([job.key])


def read(request: Mapping[str, Any]) -> Wanted:
    """What a job was left to make, for who acts now; raises NotFound, Forbidden or Invalid."""
    report = library.found(request["report"], "export")
    chosen = parameters.chosen(report, request["args"])
    return Wanted(report, chosen, request["ending"], tuple(request["order"]))


def _run(claim: Claim) -> None:
    """Write the file with the present rights of whom asked, showing how far it is, and keep it for them."""
    handing.enter_asker(KIND)
    it = read(claim.request)
    count = running.counted(it.report, it.chosen, seconds=settings().report_file_seconds)

    def told(done: int) -> None:
        with transaction():
            row = session().get_one(Job, claim.id, populate_existing=True)
            if row.is_over:
                raise Cancelled
            outbox.report_progress(row, min(done, count), count)

    told(0)
    made = handing.keep(claim, it.name, it.content(told), MEDIA[it.ending])
    what = _("The report %(title)s", title=_(it.report.title))
    handing.hand_over(claim, made, url=f"/reports/{it.report.name}/file/", what=what)


def init() -> None:
    """Tell the worker who writes long files."""
    worker.registry.handle(KIND, _run)
