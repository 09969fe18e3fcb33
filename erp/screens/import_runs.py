"""An import while it runs, and what came of it."""

from __future__ import annotations

from flask import Response, flash, redirect

from erp import importing
from erp.data.base import session
from erp.data.files import File
from erp.documents.types import DocumentType
from erp.errors import Conflict, NotFound
from erp.i18n import _, format_number
from erp.importing import Progress
from erp.screens.filing import sent
from erp.screens.imports import Answer, RowError, page, shown, tallies_of
from erp.web.shapes import Link


def _progress(kind: DocumentType, job_id: int) -> Progress:
    found = importing.progress(job_id)
    if found.type != kind.name:
        raise NotFound
    return found


def state(kind: DocumentType, job_id: int) -> dict[str, object]:
    """How far it is, as the page's script reads it."""
    found = _progress(kind, job_id)
    return {"percent": found.percent, "text": _words(found), "finished": found.is_over}


def _words(found: Progress) -> str:
    if not found.total:
        return _("Waiting for a worker")
    return _("%(done)s of %(total)s", done=format_number(found.done), total=format_number(found.total))


def watch(kind: DocumentType, job_id: int) -> Answer:
    """The import while it runs, then what it did."""
    found = _progress(kind, job_id)
    url = f"/{kind.name}/import"
    if not found.is_over:
        view = page(
            kind, "run", f"{url}/run/{job_id}", percent=found.percent, progress=_words(found),
            progress_url=f"{url}/run/{job_id}/progress", stop_url=f"{url}/run/{job_id}/stop",
        )  # fmt: skip
        return shown(view)
    links = [Link(_("Open the list"), f"/{kind.name}/", "list")]
    if found.problems_file:
        links.append(Link(_("Download the rows left out"), f"{url}/run/{job_id}/left-out.xlsx", "download"))
    wrong = [RowError(**{"line": each["row"], **{k: each[k] for k in ("column", "value", "message")}})
             for each in found.outcome.get("problems", ())]  # fmt: skip
    return shown(
        page(
            kind,
            "done",
            url,
            tallies=tallies_of(found.outcome),
            wrong=wrong,
            links=links,
            errors=[found.error] if found.error else [],
        )
    )


def stop(kind: DocumentType, job_id: int) -> Answer:
    """Stop an import that runs; one that is over by now just shows what it did."""
    _progress(kind, job_id)
    try:
        importing.stop(job_id)
        flash(_("The import is stopped. What it had written stays."), "info")
    except Conflict as refusal:
        flash(refusal.message, "warning")
    return redirect(f"/{kind.name}/import/run/{job_id}")


def left_out(kind: DocumentType, job_id: int) -> Response:
    """The rows that were not taken, as a sheet with what is wrong with each."""
    found = _progress(kind, job_id)
    file = session().get(File, found.problems_file) if found.problems_file else None
    if file is None:
        raise NotFound
    return sent(file)
