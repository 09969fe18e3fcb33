"""Reports: a sheet of a hundred thousand rows beside XlsxWriter alone, and a million rows."""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence
from typing import Any

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


def measure(site: Site) -> dict[str, float]:
    """report.xlsx_* and report.million_* of issue five: ours reads the database too, XlsxWriter is given its values."""
    exporting.closed_orders(site)
    site.act()
    whole, million = _report(ORDERS, 1), _report(ORDERS, MILLION // ROWS)
    # the first of each brings in what stays: what rows take is measured of the later ones
    ours, ours_mb = [_sheet(whole)], list[float]()
    rows = _rows(whole)
    assert (len(rows), len(rows[0])) == (ROWS, len(COLUMNS))
    alone, alone_mb = [exporting.alone_of(rows)], list[float]()
    for _round in range(ROUNDS):
        with memory.height() as height:
            alone.append(exporting.alone_of(rows))
        alone_mb.append(height.mb)
        with memory.height() as height:
            ours.append(_sheet(whole))
        ours_mb.append(height.mb)
    del rows
    with memory.height() as million_mb:
        seconds = _sheet(million)
    return {
        "report.xlsx_vs_xlsxwriter": statistics.median(ours) / statistics.median(alone),
        "report.xlsx_peak_vs_xlsxwriter": statistics.median(ours_mb) / max(statistics.median(alone_mb), 1),
        "report.million_rows_s": seconds,
        "report.million_rows_peak_mb": million_mb.mb,
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
