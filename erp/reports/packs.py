"""Packs: reports of some days and the papers made in them as one zip, written by a worker for whom asked for it."""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import IO, Any

import sqlalchemy as sa

from erp import context
from erp.access import can, require
from erp.data import files
from erp.data.base import session, transaction
from erp.data.files import File
from erp.documents import periods
from erp.documents.types import declared
from erp.errors import Forbidden
from erp.i18n import _
from erp.jobs import outbox, worker
from erp.jobs.claims import Claim
from erp.jobs.models import Job
from erp.reports import handing, library, parameters
from erp.reports.making import Wanted

KIND = "reports.pack"
ZIP = "application/zip"
PDF = "application/pdf"
Days = tuple[date, date]


def put(type_name: str, title: str, reports: Sequence[tuple[str, Mapping[str, str]]], days: Days) -> Job:
    """Leave a pack behind: these reports as sheets, and every paper of a document that was made in these days.

    Reports there are not, as their plugin takes no part, are left out. It will belong to the acting member. Raises
    Forbidden for who sees some branches only.
    """
    _require_whole()
    wanted = [[name, dict(args)] for name, args in reports if name in library.reports()]
    request = {"type": type_name, "title": title, "reports": wanted, "days": [day.isoformat() for day in days]}
    return handing.leave(KIND, request)


def _require_whole() -> None:
    if context.current().branches is not None:
        raise Forbidden(_("This is about all branches, and you see some of them only."))


def _run(claim: Claim) -> None:
    """Write it with the present rights of whom asked, showing how far it is, and keep it for them."""
    request = claim.request
    handing.enter_asker(KIND)
    require("show", request["type"])
    _require_whole()
    first, last = (date.fromisoformat(day) for day in request["days"])
    with tempfile.TemporaryFile(prefix="millrace-pack-") as written:
        _write(claim, written, request["reports"], (first, last))
        written.seek(0)
        made = handing.keep(claim, f"{request['title']}.zip", written.read(), ZIP)
    handing.hand_over(claim, made, url=f"/{request['type']}/export/", what=request["title"])


def _write(claim: Claim, written: IO[bytes], reports: Sequence[tuple[str, Any]], days: Days) -> None:
    papers = list(_papers(days))
    total = len(reports) + len(papers)
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as pack:
        for place, (name, args) in enumerate(reports, 1):
            report = library.found(name, "export")
            sheet = Wanted(report, parameters.chosen(report, args), "xlsx")
            pack.writestr(f"{place:02d} {files.clean_name(_(report.title))}.xlsx", sheet.content())
            _tell(claim, place, total)
        for place, row in enumerate(papers, len(reports) + 1):
            folder = files.clean_name(str(declared()[row.owner].plural))
            pack.writestr(f"{folder}/{row.owner_id}-{row.id} {row.name}", files.read(claim.tenant_id, row.sha256))
            _tell(claim, place, total)


def _papers(days: Days) -> Iterator[File]:
    """The papers programs made of documents in these days, of the types the actor may see."""
    begins, ends = periods.midnight(days[0]), periods.midnight(days[1] + timedelta(days=1))
    seen = [name for name, kind in declared().items() if kind.is_document and can("show", name)]
    statement = sa.select(File).where(
        File.owner.in_(seen), File.media_type == PDF, File.purpose != "",
        File.created_at >= begins, File.created_at < ends,
    )  # fmt: skip
    yield from session().scalars(statement.order_by(File.owner, File.owner_id, File.id))


def _tell(claim: Claim, done: int, total: int) -> None:
    with transaction():
        outbox.report_progress(session().get_one(Job, claim.id), done, total)


def init() -> None:
    """Tell the worker who writes packs."""
    worker.registry.handle(KIND, _run)
