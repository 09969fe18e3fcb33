"""Long prints: papers a worker makes part by part, joined into one PDF that belongs to whom asked for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from erp import context
from erp.access import require
from erp.data.base import session, transaction
from erp.jobs import outbox, worker
from erp.jobs.claims import Claim
from erp.jobs.models import Job
from erp.reports import handing, prints

KIND = "reports.paper"


def put(type_name: str, title: str, template: str, parts: Sequence[Mapping[str, Any]]) -> Job:
    """Leave a long print of rows of a type behind; each part is what the template is given for some of its pages.

    What the parts say is printed as it is now. The file will belong to the acting member.
    """
    request = {"type": type_name, "title": title, "template": template, "parts": list(parts)}
    return handing.leave(KIND, request)


def printed(template: str, parts: Sequence[Mapping[str, Any]]) -> bytes:
    """The same at once, for a few pages, in the reader's language."""
    language = context.current().language
    return prints.joined(prints.print_document(template, part, language=language) for part in parts)


def _run(claim: Claim) -> None:
    """Print part by part for whoever asked, if they may still see the rows, showing how far it is."""
    request = claim.request
    handing.enter_asker(KIND)
    require("show", request["type"])
    language = context.current().language
    papers: list[bytes] = []
    for part in request["parts"]:
        papers.append(prints.print_document(request["template"], part, language=language))
        with transaction():
            outbox.report_progress(session().get_one(Job, claim.id), len(papers), len(request["parts"]))
    content = prints.joined(papers)
    made = handing.keep(claim, f"{request['title']}.pdf", content, "application/pdf", "print")
    handing.hand_over(claim, made, url=f"/{request['type']}/export/", what=request["title"])


def init() -> None:
    """Tell the worker who prints."""
    worker.registry.handle(KIND, _run)
