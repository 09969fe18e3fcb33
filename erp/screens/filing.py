"""Files of a document: the tab, sending new ones, and fetching one without ever running what is in it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

from flask import Response, current_app

from erp import context
from erp.access import can
from erp.data import files
from erp.data.files import INLINE, File
from erp.documents.fields import Field
from erp.errors import NotFound
from erp.i18n import _
from erp.reports.exports import XLSX
from erp.reports.tables import Table, to_csv, to_xlsx
from erp.screens.heads import DocumentHead, Opened, head
from erp.screens.show import file_row
from erp.web.shapes import FileRow, Link


@dataclass(frozen=True)
class FilesPage:
    """millrace/files.html."""

    head: DocumentHead
    files: Sequence[FileRow]
    upload_url: str = ""
    hint: str = ""
    error: str = ""


def files_page(it: Opened, error: str = "") -> FilesPage:
    """The files tab."""
    limit = current_app.config["MILLRACE"].max_upload_mb
    return FilesPage(
        head=head(it, "files"),
        files=[_row(it, file) for file in it.files],
        upload_url=f"{it.url}/files" if can("edit", it.type.name) else "",
        hint=_("Pictures, PDF, text and Excel sheets, at most %(limit)s MB each.", limit=limit),
        error=error,
    )


def _row(it: Opened, file: File) -> FileRow:
    """A file with what may be done to it: pictures change places, what a person brought is taken away again."""
    row = file_row(it.url, file, 480)
    if file.purpose or not can("edit", it.type.name):
        return row
    pictures = [each for each in it.files if each.is_image and not each.purpose]
    place = pictures.index(file) if file in pictures else 0
    moves = []
    if place > 1:
        moves.append(Link(_("Show first"), f"{row.url}/move", "star", "first"))
    if place:
        moves.append(Link(_("Earlier"), f"{row.url}/move", "chevron-left", "earlier"))
    if file.is_image and place < len(pictures) - 1:
        moves.append(Link(_("Later"), f"{row.url}/move", "chevron-right", "later"))
    is_first = file.is_image and not place and len(pictures) > 1
    return replace(row, remove_url=f"{row.url}/remove", moves=moves, is_first=is_first)


def file_of(it: Opened, file_id: int) -> File:
    """One of the document's files; raises NotFound."""
    for file in it.files:
        if file.id == file_id:
            return file
    raise NotFound


def sent(file: File, side: str = "") -> Response:
    """The file's bytes, of a picture those of a small one where a side in pixels is asked for.

    Pictures and PDF are shown, everything else is saved to disk.
    """
    digest = file.small(int(side)) if side.isdecimal() and len(side) < 6 else file.sha256
    content = files.read(context.current().tenant_id or 0, digest)
    way = "inline" if file.media_type in INLINE else "attachment"
    plain = file.name.encode("ascii", "replace").decode().replace('"', "").replace("?", "_")
    response = Response(content, content_type=file.media_type if digest == file.sha256 else "image/webp")
    response.headers["Content-Disposition"] = f"{way}; filename=\"{plain}\"; filename*=UTF-8''{quote(file.name)}"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "private, max-age=3600"
    response.headers["ETag"] = f'"{digest}"'
    return response


def pdf(content: bytes, name: str) -> Response:
    """A print that is kept nowhere."""
    response = Response(content, content_type="application/pdf")
    response.headers["Content-Disposition"] = f'inline; filename="{name}"'
    response.headers["Cache-Control"] = "private, no-store"
    return response


def rows_as_csv(title: str, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> Response:
    """Rows of text as CSV, sent while they are read; no cell is read as a formula by a spreadsheet."""
    columns = [Field(f"c{place}", label=head) for place, head in enumerate(heads)]
    answer = Response(to_csv(Table(title, columns, rows)), content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = f"attachment; filename=\"rows.csv\"; filename*=UTF-8''{quote(title)}.csv"
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def rows_as_xlsx(title: str, columns: Sequence[Field], rows: Iterable[Sequence[Any]], currency: str = "") -> Response:
    """Typed rows as a sheet with its sums; what is money is in that currency."""
    with tempfile.TemporaryDirectory(prefix="millrace-export-") as folder:
        path = Path(folder, "rows.xlsx")
        to_xlsx(Table(title, columns, rows, currency), path)
        answer = Response(path.read_bytes(), content_type=XLSX)
    answer.headers["Content-Disposition"] = f"attachment; filename=\"rows.xlsx\"; filename*=UTF-8''{quote(title)}.xlsx"
    answer.headers["Cache-Control"] = "private, no-store"
    return answer
