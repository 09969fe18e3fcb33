"""A filtered list of a hundred thousand documents as a sheet, beside XlsxWriter writing the same values alone."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import xlsxwriter

from erp.documents.flat import values_of
from erp.documents.lists import ListQuery
from erp.documents.types import document_type
from erp.reports import exports
from tests.bench import lists, memory
from tests.bench.site import Site

ROWS = 100_000
COLUMNS = (
    "number", "state", "customer", "item", "serial", "fault", "promised_on", "subtotal", "tax", "total", "created_at",
    "updated_by",
)  # fmt: skip
ROUNDS = 3


def measure(site: Site) -> dict[str, float]:
    """export.* of issue three: ours reads the database too, the other is given its values."""
    closed_orders(site)
    site.act()
    query = ListQuery.parse(document_type("repair_order"), {"columns": ",".join(COLUMNS), "state__eq": "closed"})
    columns = query.shown()
    with memory.height() as height:
        ours, alone = [_ours(query)], []
    rows = [row[: len(columns)] for row in values_of(query, columns)]
    assert (len(rows), len(columns)) == (ROWS, len(COLUMNS))
    for _round in range(ROUNDS):
        alone.append(alone_of(rows))
        ours.append(_ours(query))
    return {
        "export.vs_xlsxwriter": statistics.median(ours) / statistics.median(alone),
        "export.rows_per_s": ROWS / statistics.median(ours),
        "export.peak_mb": height.mb,
    }


def closed_orders(site: Site) -> None:
    """Orders the filter finds, among those other measurements have made."""
    site.app  # noqa: B018 - started before its place is asked for
    customers, low = 100, 2_000_001
    first = lists.customers(site)
    branch = next(iter(site.place.branch_ids.values()))
    with lists.without_triggers(site, "repair_order"):
        lists.fill(
            site, site.place.tenant_id, site.place.company_id, branch,
            first=first, customers=customers, low=low, high=low + ROWS - 1,
        )  # fmt: skip
        site.run_sql("update repair_order set state = 'closed' where number > 'BN-2000000' and length(number) = 10")
    site.vacuum("repair_order")


def _ours(query: ListQuery) -> float:
    began = time.perf_counter()
    with exports.xlsx_of(query, {}):
        return time.perf_counter() - began


def alone_of(rows: Sequence[Sequence[Any]]) -> float:
    """Seconds XlsxWriter takes in constant memory, told what each cell is."""
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        book = xlsxwriter.Workbook(Path(folder) / "alone.xlsx", {"constant_memory": True})
        sheet = book.add_worksheet()
        amount, day = book.add_format({"num_format": "#,##0.00"}), book.add_format({"num_format": "yyyy-mm-dd"})
        for number, row in enumerate(rows):
            for place, value in enumerate(row):
                if isinstance(value, str):
                    sheet.write_string(number, place, value)
                elif isinstance(value, datetime | date):
                    plain = value.replace(tzinfo=None) if isinstance(value, datetime) else value
                    sheet.write_datetime(number, place, plain, day)
                elif value is not None:
                    sheet.write_number(number, place, value, amount)
        book.close()
    return time.perf_counter() - began
