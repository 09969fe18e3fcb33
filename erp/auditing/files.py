"""The audit as a file: exactly what is filtered, at once or, when it is long, by a job."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from typing import Any

from erp import clock, context
from erp.access import require, seen_as
from erp.auditing.queries import SUBJECT, AuditQuery
from erp.auditing.telling import told
from erp.data import audit, files
from erp.data.base import session, transaction
from erp.data.files import File
from erp.documents.fields import Field, Kind
from erp.errors import Forbidden
from erp.i18n import _
from erp.jobs import outbox, worker
from erp.jobs.claims import Claim
from erp.jobs.models import Job
from erp.notifications import notify
from erp.reports.tables import Table, to_csv

KIND = "audit.export"
OWNER = "tenant_member"
AT_ONCE = 5_000
"""Rows of the longest file that is written while somebody waits."""


def csv_of(query: AuditQuery) -> Iterator[bytes]:
    """The entries as CSV, in chunks while they are read. Raises Forbidden."""
    columns = [
        Field("at", Kind.DATETIME, _("When")),
        Field("who", label=_("Who")),
        Field("what", label=_("What")),
        Field("subject", label=_("Kind of thing")),
        Field("name", label=_("Number or name")),
        Field("item", label=_("Which")),
        Field("changes", Kind.LONG_TEXT, _("Before → after")),
        Field("source", label=_("Way in")),
        Field("way", label=_("Key or device")),
        Field("address", label=_("Address")),
        Field("id", Kind.INTEGER, _("Entry")),
    ]
    return to_csv(Table(_("Audit"), columns, _rows(query)))


def _rows(query: AuditQuery) -> Iterator[list[Any]]:
    for entries in query.chunks():
        for each in told(entries):
            entry = each.entry
            changes = "\n".join(str(change) for change in each.changes)
            yield [
                entry.at, entry.actor, each.what, each.subject, each.name, entry.item, changes, each.source, each.way,
                entry.address, entry.id,
            ]  # fmt: skip
        session().expunge_all()


def note(query: AuditQuery) -> None:
    """Keep that somebody took the audit out, and which part of it."""
    with transaction():
        audit.note("exported", SUBJECT, item="&".join(f"{name}={value}" for name, value in query.args().items()))


def put(query: AuditQuery) -> Job:
    """Leave a long file behind; it will belong to the acting member. Raises Forbidden."""
    require("export", SUBJECT)
    with transaction():
        member = context.current().member_id
        return outbox.put(
            Job(kind=KIND, key=f"audit:{secrets.token_hex(12)}", queue="long", request=query.args(), subject=OWNER,
                subject_id=member, max_attempts=2)
        )  # fmt: skip


def _run(claim: Claim) -> None:
    """Write the file with the present rights of whom asked, and keep it for them."""
    before = context.current()
    acting = seen_as(before.user_id or 0, source=KIND, language=before.language)
    if acting is None:
        raise Forbidden(_("%(who)s does not belong to the company any more.", who=before.name))
    context.enter(acting)
    require("export", SUBJECT)
    content = b"".join(csv_of(AuditQuery.parse(claim.request)))
    digest = files.keep(claim.tenant_id, content)
    with transaction():
        row = session().get_one(Job, claim.id, with_for_update=True)
        if row.is_over:
            return
        name = files.clean_name(f"audit-{clock.now():%Y-%m-%d}.csv")
        file = File(name=name, sha256=digest, size=len(content), media_type="text/csv", purpose="export")
        worker.finish(row, {"file": files.attach(file, OWNER, row.subject_id or 0).id})
        notify(
            row.subject_id or 0, "ready", url=f"/audit/export/{row.id}", key=f"job:{row.id}", what=_("The audit")
        )  # fmt: skip


def init() -> None:
    """Tell the worker who writes long files."""
    worker.registry.handle(KIND, _run)
