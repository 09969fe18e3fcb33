"""Exports: exactly the rows and columns of a list, at once or, when there are many, by a job."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from erp import clock, context
from erp.access import require
from erp.data.base import session, transaction
from erp.data.organisation import company
from erp.documents.fields import Field, Kind
from erp.documents.flat import values_of
from erp.documents.lists import ListQuery
from erp.documents.types import document_type
from erp.i18n import _
from erp.jobs import outbox, worker
from erp.jobs.claims import Claim
from erp.jobs.models import Job
from erp.reports import handing, marks
from erp.reports.marks import Mark
from erp.reports.tables import Table, to_csv, to_xlsx

KIND = "reports.export"
AT_ONCE = 5000
"""Rows of the largest XLSX that is written while somebody waits."""
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
States = Mapping[str, str]
"""What the states are called, by id."""


def table(query: ListQuery, states: States, told: Callable[[int], None] | None = None) -> Table:
    """The list as a table, read in chunks; `told` hears the number of rows after each chunk."""
    columns = [_column(entry, states) for entry in query.shown()]
    notes = [_("%(title)s as of %(moment)s.", title=str(query.type.plural), moment=f"{clock.now():%Y-%m-%d %H:%M} UTC")]
    return Table(
        str(query.type.plural), columns, _told(values_of(query, columns), told), _currency(), notes,
        properties=marks.properties(_mark(query, columns)),
    )  # fmt: skip


def _mark(query: ListQuery, columns: Sequence[Field]) -> Mark:
    acting = context.current()
    names = tuple(column.name for column in columns)
    return Mark(query.type.name, names, acting.language, acting.timezone, _currency(), clock.now().isoformat())


def _column(entry: Field, states: States) -> Field:
    if entry.name == "state":
        return replace(entry, choices=tuple(states.items()))
    return replace(entry, total=True) if entry.kind is Kind.MONEY else entry


def _currency() -> str:
    return company().currency if context.current().company_id else ""


def _told(rows: Iterator[list[Any]], told: Callable[[int], None] | None) -> Iterator[list[Any]]:
    for place, row in enumerate(rows):
        if told is not None and place % 1000 == 0:
            told(place)
        yield row


def csv_of(query: ListQuery, states: States) -> Iterator[bytes]:
    """The list as CSV, in chunks while it is read."""
    return to_csv(table(query, states))


@contextmanager
def xlsx_of(query: ListQuery, states: States, told: Callable[[int], None] | None = None) -> Iterator[Path]:
    """The list as a sheet in a file that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="millrace-export-") as folder:
        path = Path(folder) / "list.xlsx"
        to_xlsx(table(query, states, told), path)
        yield path


def put(query: ListQuery, states: States) -> Job:
    """Leave a long export behind; its file will belong to the acting member."""
    request = {"type": query.type.name, "args": query.args(), "states": dict(states), "ids": list(query.ids)}
    return handing.leave(KIND, request)


def _run(claim: Claim) -> None:
    """Write the sheet with the present rights of whom asked, showing how far it is, and keep it for them."""
    request = claim.request
    handing.enter_asker(KIND)
    require("export", request["type"])
    query = ListQuery.parse(document_type(request["type"]), request["args"])
    query = replace(query, ids=tuple(request["ids"]))
    count = query.count()

    def told(done: int) -> None:
        with transaction():
            outbox.report_progress(session().get_one(Job, claim.id), min(done, count), count)

    with xlsx_of(query, request["states"], told) as path:
        content = path.read_bytes()
    made = handing.keep(claim, f"{query.type.name}.xlsx", content, XLSX)
    what = _("The sheet of %(things)s", things=str(query.type.plural))
    handing.hand_over(claim, made, url=f"/{query.type.name}/export/", what=what)


def init() -> None:
    """Tell the worker who writes long exports."""
    worker.registry.handle(KIND, _run)
