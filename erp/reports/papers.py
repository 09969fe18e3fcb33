"""Long prints: papers a worker makes part by part, joined into one PDF that belongs to whom asked for it."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from erp import context
from erp.access import require, seen_as
from erp.data import files
from erp.data.base import session, transaction
from erp.data.files import File
from erp.errors import Forbidden
from erp.i18n import _
from erp.jobs import outbox, worker
from erp.jobs.claims import Claim
from erp.jobs.models import Job
from erp.notifications import notify
from erp.reports import prints

KIND = "reports.paper"
OWNER = "tenant_member"


def put(type_name: str, title: str, template: str, parts: Sequence[Mapping[str, Any]]) -> Job:
    """Leave a long print of rows of a type behind; each part is what the template is given for some of its pages.

    What the parts say is printed as it is now. The file will belong to the acting member.
    """
    request = {"type": type_name, "title": title, "template": template, "parts": list(parts)}
    with transaction():
        return outbox.put(
            Job(kind=KIND, key=f"paper:{secrets.token_hex(12)}", queue="long", request=request, subject=OWNER,
                subject_id=context.current().member_id, max_attempts=2)
        )  # fmt: skip


def printed(template: str, parts: Sequence[Mapping[str, Any]]) -> bytes:
    """The same at once, for a few pages, in the reader's language."""
    language = context.current().language
    return prints.joined(prints.print_document(template, part, language=language) for part in parts)


def _run(claim: Claim) -> None:
    """Print part by part for whoever asked, if they may still see the rows, showing how far it is."""
    before, request = context.current(), claim.request
    acting = seen_as(before.user_id or 0, source=KIND, language=before.language)
    if acting is None:
        raise Forbidden(_("%(who)s does not belong to the company any more.", who=before.name))
    context.enter(acting)
    require("show", request["type"])
    papers: list[bytes] = []
    for part in request["parts"]:
        papers.append(prints.print_document(request["template"], part, language=before.language))
        with transaction():
            outbox.report_progress(session().get_one(Job, claim.id), len(papers), len(request["parts"]))
    content = prints.joined(papers)
    digest = files.keep(claim.tenant_id, content)
    with transaction():
        row = session().get_one(Job, claim.id, with_for_update=True)
        if row.is_over:
            return
        name = files.clean_name(f"{request['title']}.pdf")
        file = File(name=name, sha256=digest, size=len(content), media_type="application/pdf", purpose="print")
        worker.finish(row, {"file": files.attach(file, OWNER, row.subject_id or 0).id})
        url = f"/{request['type']}/export/{row.id}"
        notify(row.subject_id or 0, "ready", url=url, key=f"job:{row.id}", what=request["title"])


def init() -> None:
    """Tell the worker who prints."""
    worker.registry.handle(KIND, _run)
