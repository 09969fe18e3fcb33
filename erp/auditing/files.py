"""The audit as a file: exactly what is filtered, at once or, when it is long, by a job."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from erp import clock
from erp.access import require
from erp.auditing.queries import SUBJECT, AuditQuery
from erp.auditing.telling import told
from erp.data import audit
from erp.data.base import session, transaction
from erp.documents.fields import Field, Kind
from erp.i18n import _
from erp.jobs import worker
from erp.jobs.claims import Claim
from erp.jobs.models import Job
from erp.reports import handing
from erp.reports.tables import Table, to_csv

KIND = "audit.export"
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
    return handing.leave(KIND, query.args())


def _run(claim: Claim) -> None:
    """Write the file with the present rights of whom asked, and keep it for them."""
    handing.enter_asker(KIND)
    require("export", SUBJECT)
    content = b"".join(csv_of(AuditQuery.parse(claim.request)))
    made = handing.keep(claim, f"audit-{clock.now():%Y-%m-%d}.csv", content, "text/csv")
    handing.hand_over(claim, made, url="/audit/export/", what=_("The audit"))


def init() -> None:
    """Tell the worker who writes long files."""
    worker.registry.handle(KIND, _run)
