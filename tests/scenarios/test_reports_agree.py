"""The reports of a shop that brought its history in say what plain SQL says of the raw tables, on screen and as sheets.

REAL_SHOP names a real shop's file for the full count; the ordinary run brings in some thousand lines of the same dirt.
"""

from __future__ import annotations

import csv
import io
import os
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from erp import create, importing
from erp.jobs import worker
from erp.reports import files, library, parameters, running
from erp.testing.pytest_plugin import Company, Person
from plugins.accounting.api import choose_chart
from plugins.sales.history import runs
from tests.office import cells, recounted
from tests.sales.shop_file import made
from tests.scenarios.plain_sql import PLAIN, Plain

REAL = Path(os.environ.get("REAL_SHOP") or "/nowhere")
ATTACK = "=cmd|' /C calc'!A0"
WHOLE = {"period": "2010-12-01..2011-06-30"}
CENT = Decimal("0.000001")


@dataclass(frozen=True)
class Traded:
    """A company whose history came in, and its accountant."""

    company: Company
    boss: Person
    is_real: bool


@pytest.fixture(
    scope="module",
    params=[
        pytest.param("made", id="some thousand lines"),
        pytest.param("real", id="a real half year", marks=[
            pytest.mark.soak, pytest.mark.real_shop,
            pytest.mark.skipif(not REAL.is_file(), reason="REAL_SHOP names no file"),
        ]),
    ],
)  # fmt: skip
def traded(request: Any, make_company: Callable[..., Company]) -> Traded:
    company = make_company("Gifts of London", currency="GBP", tax_rate="20")
    boss = company.person("TENANT_MANAGER", "Accountant", name="Mary Poppins")
    name, content = (REAL.name, REAL.read_bytes()) if request.param == "real" else ("shop.csv", attacked(made(2000)))
    with boss.acting():
        choose_chart("uk", date(2026, 1, 1))
        category = create("tax_category", {"name": "Standard", "code": "S", "is_default": True}).id
        create("tax", {"category": category, "name": "VAT", "rate": 20, "valid_from": date(2010, 1, 1)})
        kept = importing.keep(name, content)
        runs.start(runs.recalled(importing.opened(kept.id)), kept.id)
        worker.drain()
    return Traded(company, boss, request.param == "real")


def attacked(content: bytes) -> bytes:
    """The same file, one of its products called by a formula."""
    rows = list(csv.reader(io.StringIO(content.decode())))
    for row in rows[1:]:
        if row[1] == rows[1][1]:
            row[2] = ATTACK
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue().encode()


@pytest.fixture
def acting(traded: Traded) -> Iterator[Traded]:
    with traded.boss.acting():
        yield traded


def told(plain: Plain) -> list[dict[str, Any]]:
    """What a report says."""
    report = library.reports()[plain.name]
    with running.opened(report, parameters.chosen(report, plain.args), seconds=120) as rows:
        return [dict(zip(report.selected, row, strict=True)) for row in rows]


def same(rows: Sequence[Sequence[Any]]) -> list[tuple[str, ...]]:
    """Rows in one order, numbers to the sixth place."""
    plain = [
        tuple(str(value.quantize(CENT).normalize() + 0) if isinstance(value, Decimal) else str(value) for value in row)
        for row in rows
    ]
    return sorted(plain)


def asked(plain: Plain, traded: Traded, truth: Any) -> list[tuple[str, ...]]:
    """What the raw tables say."""
    first, last = plain.span
    values = {"t": traded.company.place.tenant_id} | ({"a": first, "b": last} if first else {})
    return same(truth(plain.sql, **{name: value for name, value in values.items() if f":{name}" in plain.sql}))


def test_nineteen_reports_say_what_plain_sql_says(acting: Traded, truth: Any):
    filled = 0
    for plain in PLAIN:
        began = time.perf_counter()
        found = same([[row[name] for name in plain.columns.split()] for row in told(plain)])
        print(f"{plain.name}: {len(found)} rows, {time.perf_counter() - began:.2f} s")
        assert found == asked(plain, acting, truth), plain.name
        filled += bool(found)
    assert filled == len(PLAIN) == 19


def test_sheets_are_read_back_and_counted_again_by_libreoffice(acting: Traded, tmp_path: Path):
    books = []
    for plain in PLAIN:
        report = library.reports()[plain.name]
        books.append(tmp_path / f"{plain.name}.xlsx")
        with files.xlsx_of(report, parameters.chosen(report, plain.args), seconds=120) as path:
            shutil.copyfile(path, books[-1])
        written = [row for row in cells(books[-1], formulas=True)[1:] if not is_sum(row)]
        assert numbers(written) == pytest.approx(numbers(shown(plain))), plain.name
    for path, counted in zip(books, recounted(books, tmp_path), strict=True):
        for own, other in zip(cells(path), counted, strict=True):
            assert [pytest.approx(value) if isinstance(value, float | int) else value for value in own] == other, path


def is_sum(row: Sequence[Any]) -> bool:
    """Whether a row of a sheet holds totals."""
    return any(isinstance(value, str) and value.startswith(("=SUBTOTAL(", "=SUMIF(", "=IF(")) for value in row)


def shown(plain: Plain) -> list[list[Any]]:
    """The rows of a report as far as its sheet shows them."""
    names = [column.name for column in library.reports()[plain.name].columns]
    return [[row[name] for name in names] for row in told(plain)]


def numbers(rows: Sequence[Sequence[Any]]) -> list[float]:
    """Every number of these rows, in their order."""
    kinds = (Decimal, float, int)
    return [float(value) for row in rows for value in row if isinstance(value, kinds) and not isinstance(value, bool)]


def test_exports_obey_rights_branches_and_tenants(
    traded: Traded, company: Company, sign_in: Callable[[Person], FlaskClient]
):
    counter = sign_in(traded.company.person("Counter", name="Grace Njeri"))
    far = sign_in(traded.company.person("Accountant", name="Far Off", only_at="Mombasa"))
    stranger = sign_in(company.person("TENANT_MANAGER", "Accountant", name="Else Where"))
    for name in ("sales_by_day", "sales_by_product", "stock_on_hand", "stock_movements"):
        address = f"/reports/{name}/csv"
        assert counter.get(address, query_string=WHOLE).status_code == 403, name
        for nobody in (far, stranger):
            answer = nobody.get(address, query_string=WHOLE)
            assert (answer.status_code, answer.data.count(b"\n")) == (200, 1), name


def test_a_name_that_is_a_formula_stays_a_text(
    traded: Traded, sign_in: Callable[[Person], FlaskClient], tmp_path: Path
):
    if traded.boss.place.tenant_id and REAL.is_file():
        pytest.skip("the real file has no such name")
    boss = sign_in(traded.boss)
    sheet = tmp_path / "sales.xlsx"
    sheet.write_bytes(boss.get("/reports/sales_by_product/xlsx", query_string=WHOLE).data)
    assert ATTACK in [row[0] for row in recounted([sheet], tmp_path)[0]]
    told = boss.get("/reports/sales_by_product/csv", query_string=WHOLE).data.decode("utf-8-sig")
    assert f"'{ATTACK}" in [row[0] for row in csv.reader(io.StringIO(told))]
