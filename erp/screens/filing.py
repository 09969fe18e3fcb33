"""Files of a document: the tab, sending new ones, and fetching one without ever running what is in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

from flask import Response, current_app

from erp import context
from erp.access import can
from erp.data import files
from erp.data.files import INLINE, File
from erp.errors import NotFound
from erp.i18n import _
from erp.screens.heads import DocumentHead, Opened, head
from erp.screens.show import file_row
from erp.web.shapes import FileRow


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
        files=[file_row(it.url, file) for file in it.files],
        upload_url=f"{it.url}/files" if can("edit", it.type.name) else "",
        hint=_("Pictures, PDF, text and Excel sheets, at most %(limit)s MB each.", limit=limit),
        error=error,
    )


def file_of(it: Opened, file_id: int) -> File:
    """One of the document's files; raises NotFound."""
    for file in it.files:
        if file.id == file_id:
            return file
    raise NotFound


def sent(file: File) -> Response:
    """The file's bytes: pictures and PDF are shown, everything else is saved to disk."""
    content = files.read(context.current().tenant_id or 0, file.sha256)
    way = "inline" if file.media_type in INLINE else "attachment"
    plain = file.name.encode("ascii", "replace").decode().replace('"', "").replace("?", "_")
    response = Response(content, content_type=file.media_type)
    response.headers["Content-Disposition"] = f"{way}; filename=\"{plain}\"; filename*=UTF-8''{quote(file.name)}"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "private, max-age=3600"
    response.headers["ETag"] = f'"{file.sha256}"'
    return response


def pdf(content: bytes, name: str) -> Response:
    """A print that is kept nowhere."""
    response = Response(content, content_type="application/pdf")
    response.headers["Content-Disposition"] = f'inline; filename="{name}"'
    response.headers["Cache-Control"] = "private, no-store"
    return response
