"""Reports: a sheet of a hundred thousand rows beside XlsxWriter alone, a million rows, and a sum beside its bare SQL."""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence
from typing import Any

from erp.data.base import reading
from erp.data.tenancy import tell_database
from erp.reports import files, parameters, running
from erp.reports.definitions import Report
from erp.reports.reading import read
from tests.bench import exporting, memory
from tests.bench.site import Site

ROWS, ROUNDS = 100_000, 3
MILLION = 1_000_000
COLUMNS = {
    "number": "text", "state": "text", "customer": "text", "item": "text", "serial": "text", "fault": "text",
    "promised_on": "date", "subtotal": "money", "tax": "money", "total": "money", "created_at": "datetime",
    "updated_by": "text",
}  # fmt: skip
ORDERS = """
select o.number, o.state, party.name as customer, o.item, o.serial, o.fault, o.promised_on, o.subtotal, o.tax, o.total,
    o.created_at, o.updated_by
from repair_order o
join party on party.tenant_id = o.tenant_id and party.id = o.customer_id
cross join generate_series(1, {times})
where o.company_id = :company and o.state = 'closed'
"""
BY_DAY = """
select (o.created_at at time zone :timezone)::date as day, count(*) as lines, sum(o.subtotal) as net, sum(o.tax) as tax,
    sum(o.total) as total
from repair_order o
cross join generate_series(1, {times})
where o.company_id = :company and o.state = 'closed'
group by 1
"""


def measure(site: Site) -> dict[str, float]:
    """report.* of issue five: ours reads the database too, XlsxWriter is given its values."""
    exporting.closed_orders(site)
    site.act()
    whole, million = _report(ORDERS, 1), _report(ORDERS, MILLION // ROWS)
    # the first of each brings in what stays: what rows take is measured of the second
    ours, alone = [_sheet(whole)], []
    with memory.height() as ours_mb:
        ours.append(_sheet(whole))
    rows = _rows(whole)
    assert (len(rows), len(rows[0])) == (ROWS, len(COLUMNS))
    alone.append(exporting.alone_of(rows))
    with memory.height() as alone_mb:
        alone.append(exporting.alone_of(rows))
    for _round in range(ROUNDS):
        alone.append(exporting.alone_of(rows))
        ours.append(_sheet(whole))
    del rows
    with memory.height() as million_mb:
        seconds = _sheet(million)
    return {
        "report.xlsx_vs_xlsxwriter": statistics.median(ours) / statistics.median(alone),
        "report.xlsx_peak_vs_xlsxwriter": ours_mb.mb / max(alone_mb.mb, 1),
        "report.million_rows_s": seconds,
        "report.million_rows_peak_mb": million_mb.mb,
        "report.sales_by_day_vs_sql": _against_sql(),
    }


def _report(sql: str, times: int) -> Report:
    parts = [
        f'[[columns]]\nname = "{name}"\ntype = "{kind}"\nlabel = "{name}"\n{"total = true" if kind == "money" else ""}'
        for name, kind in COLUMNS.items()
    ]
    return read("bench", "orders", 'title = "Orders"\n' + "\n".join(parts), sql.format(times=times))


def _sheet(report: Report) -> float:
    began = time.perf_counter()
    with files.xlsx_of(report, parameters.chosen(report, {}), seconds=600):
        return time.perf_counter() - began


def _rows(report: Report) -> Sequence[Sequence[Any]]:
    with running.opened(report, parameters.chosen(report, {}), seconds=600) as rows:
        return [tuple(row) for row in rows]


def _against_sql() -> float:
    """A sum by day over a million lines as its page asks for it, beside the same SELECT sent by hand; interleaved."""
    sql = BY_DAY.format(times=MILLION // ROWS)
    kinds = {"day": "date", "lines": "integer", "net": "money", "tax": "money", "total": "money"}
    parts = [f'[[columns]]\nname = "{name}"\ntype = "{kind}"\nlabel = "{name}"' for name, kind in kinds.items()]
    report = read("bench", "by_day", 'title = "By day"\nsort = ["day"]\n' + "\n".join(parts), sql)
    chosen = parameters.chosen(report, {})
    ours, bare = [], []
    for _round in range(ROUNDS + 1):
        began = time.perf_counter()
        with running.opened(report, chosen, limit=501, seconds=600) as rows:
            found = list(rows)
        ours.append(time.perf_counter() - began)
        began = time.perf_counter()
        with reading() as connection:
            tell_database(connection)
            plain = sql.replace(":timezone", "%(timezone)s").replace(":company", "%(company)s")
            told = connection.exec_driver_sql(f"{plain} order by 1", dict(chosen.values)).fetchall()
        bare.append(time.perf_counter() - began)
        assert [tuple(row) for row in found] == [tuple(row) for row in told]
    return statistics.median(ours[1:]) / statistics.median(bare[1:])
