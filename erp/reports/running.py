"""Runs a report: one SELECT in a READ ONLY transaction of the tenant's own role, within time and within rows."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from erp import context
from erp.access import TRUSTED
from erp.config import settings
from erp.data.base import reading
from erp.data.tenancy import CHECKED, tell_database
from erp.errors import ErpError, UserError
from erp.reports.definitions import BRANCHES, Report
from erp.reports.parameters import Chosen, types_of
from erp.reports.totals import Totals, currency_of, places_of

log = logging.getLogger(__name__)
CANCELLED = "57014"
"""What PostgreSQL calls a statement that took longer than it may."""
FETCHED = 250
"""Rows taken from the server at a time."""
SETTINGS = (
    "select set_config('statement_timeout', %s, true), set_config('plan_cache_mode', 'force_custom_plan', true),"
    " set_config('cursor_tuple_fraction', '1', true), set_config('work_mem', '64MB', true)"
)


class ReportTooLong(UserError):
    """The report takes longer than somebody may wait.

    Ask for less, for example a shorter period, or take it as a file: that is written in the background.
    """

    code = "report_too_long"


class ReportFailed(ErpError):
    """The report could not be computed.

    Tell whoever looks after this installation; the log says what is wrong with it.
    """

    code = "report_failed"


def narrowed(report: Report) -> str:
    """The SQL of a report for the actor: of their branches, and of no branch, where they are limited."""
    acting = context.current()
    if acting.branches is None or acting.source in TRUSTED:
        return BRANCHES.sub("true", report.sql)
    return BRANCHES.sub(r"(\1 is null or \1 = any(:branches))", report.sql)


def statement(report: Report, order: Sequence[str] = (), limit: int | None = None) -> sa.TextClause:
    """The SELECT of a report's columns in order; nothing of it was ever typed by somebody.

    Rows of a group stand together: the columns rows are grouped by come before all others.
    """
    names = ", ".join(f'"{name}"' for name in report.selected)
    text = f"select {names} from (\n{narrowed(report)}\n) as report"  # noqa: S608 - files of the installation
    if ordered := _ordered(report, order):
        text += f"\norder by {', '.join(ordered)}"
    if limit is not None:
        text += f"\nlimit {int(limit)}"
    return _bound(report, text)


def _ordered(report: Report, order: Sequence[str]) -> list[str]:
    """The ORDER BY: groups with what sorts them, then what the reader asked for, then the report's own sort."""
    asked = {_bare(name): name for name in order}
    groups = [column.name for column in report.groups]
    last = max((place for place, name in enumerate(report.sort) if _bare(name) in groups), default=-1)
    leading = [asked.get(_bare(name), name) for name in (*report.sort[: last + 1], *groups)]
    wanted: dict[str, str] = {}
    for name in (*leading, *order, *report.sort):
        wanted.setdefault(_bare(name), name)
    return [f'"{bare}"{" desc nulls last" if name.startswith("-") else ""}' for bare, name in wanted.items()]


def _bare(name: str) -> str:
    return name.removeprefix("-")


def _bound(report: Report, text: str) -> sa.TextClause:
    found = sa.text(text)
    types = types_of(report)
    return found.bindparams(*(sa.bindparam(name, type_=types[name]) for name in found._bindparams))  # noqa: SLF001 - no public way


@contextmanager
def opened(
    report: Report, chosen: Chosen, *, order: Sequence[str] = (), limit: int | None = None, seconds: int = 0
) -> Iterator[Iterator[Sequence[Any]]]:
    """The rows of a report while the block runs, each with a value for `report.selected`.

    Raises ReportTooLong, also while they are read, or ReportFailed.
    """
    with _connected(seconds) as connection, _told(report):
        asked = connection.execution_options(stream_results=limit is None, max_row_buffer=FETCHED)
        yield _rows(asked, statement(report, order, limit), chosen)


def _rows(connection: sa.Connection, asked: sa.TextClause, chosen: Chosen) -> Iterator[Sequence[Any]]:
    values = {name: chosen.values[name] for name in asked._bindparams}  # noqa: SLF001 - no public way
    found = connection.execute(asked, values, execution_options={CHECKED: True})
    for part in found.partitions(FETCHED):
        yield from part


def summed(report: Report, chosen: Chosen, *, seconds: int = 0) -> Totals:
    """What all rows of a report come to, counted by the database; raises as `opened` does."""
    found = Totals(report, places_of(report.selected))
    names, currency = found.asked, currency_of(report)
    parts = ", ".join([f'"{currency}"' if currency else "''", "count(*)", *(f'sum("{name}")' for name in names)])
    asked = _bound(report, f"select {parts} from (\n{narrowed(report)}\n) as report group by 1")  # noqa: S608 - as above
    with _connected(seconds) as connection, _told(report):
        for unit, count, *sums in _rows(connection, asked, chosen):
            found.take(unit, count, dict(zip(names, sums, strict=True)))
    return found


def counted(report: Report, chosen: Chosen, *, seconds: int = 0) -> int:
    """How many rows a report has; raises as `opened` does."""
    asked = _bound(report, f"select count(*) from (\n{narrowed(report)}\n) as report")  # noqa: S608 - as above
    with _connected(seconds) as connection, _told(report):
        (count,) = next(_rows(connection, asked, chosen))
    return int(count)


@contextmanager
def _connected(seconds: int) -> Iterator[sa.Connection]:
    """A connection of its own that reads one state of the tenant's rows and can write nothing."""
    wait = f"{seconds or settings().report_seconds}s"
    with reading() as connection:
        tell_database(connection)
        connection.exec_driver_sql(SETTINGS, (wait,))
        yield connection


@contextmanager
def _told(report: Report) -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) == CANCELLED:
            raise ReportTooLong from error
        log.exception("the report %s failed", report.name)
        raise ReportFailed from error
