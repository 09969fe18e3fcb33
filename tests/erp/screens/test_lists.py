"""The list of documents: what it shows, how it is narrowed, walked through and taken away as a file."""

from __future__ import annotations

import csv
import io
import itertools
import re
from typing import Any

import openpyxl
import sqlalchemy as sa
from flask.testing import FlaskClient

from erp.data.base import engine
from tests.erp.screens.conftest import Workshop


def html(client: FlaskClient, url: str) -> str:
    answer = client.get(url)
    assert answer.status_code == 200, answer.get_data(as_text=True)[:3000]
    return answer.get_data(as_text=True)


def test_a_list_says_what_it_is_and_who_has_it(workshop: Workshop, grace: FlaskClient):
    order = workshop.order("Canon EOS R6", serial="062021004418")
    page = html(grace, "/repair_order/")
    assert f'href="/repair_order/{order}"' in page
    assert "Amina Hassan" in page
    assert "+254 700 553 218" in page
    assert "062021004418" in page
    assert "Technician, inspect item" in page
    assert 'class="mr-state idle">Received' in page


def test_an_empty_list_says_what_to_do_next(workshop: Workshop, grace: FlaskClient):
    page = html(grace, "/repair_order/")
    assert "No repair orders yet." in page
    assert 'href="/repair_order/new"' in page


def test_the_views_are_counted(workshop: Workshop, daniel: FlaskClient):
    workshop.order()
    workshop.order("Nikon Z6")
    page = html(daniel, "/repair_order/?view=mine")
    assert re.search(r'view=mine" aria-current="page">Mine<b>2</b>', page), re.findall(r"view=\w+.{60}", page)
    assert "Nikon Z6" in page
    assert "There is nothing in this view." in html(daniel, "/repair_order/?view=overdue")


def test_filters_become_chips_that_can_be_removed(workshop: Workshop, grace: FlaskClient):
    amina, naomi = workshop.customer(), workshop.customer("Naomi Achieng")
    workshop.order("Canon", customer=amina)
    workshop.order("Sony", customer=naomi)
    page = html(grace, f"/repair_order/?customer__eq={naomi}&state__eq=received")
    assert "Sony" in page
    assert "Canon" not in page.partition("<tbody>")[2]
    assert "<span>Customer</span> Naomi Achieng</a>" in page
    assert 'href="/repair_order/?state__eq=received" aria-label="Remove the filter Customer"' in page
    by_name = html(grace, "/repair_order/?customer__eq__text=Naomi Achieng")
    assert "Sony" in by_name
    assert "Canon" not in by_name.partition("<tbody>")[2]


def test_a_search_finds_item_number_and_customer(workshop: Workshop, grace: FlaskClient):
    workshop.order("Canon", customer=workshop.customer("Joseph Kiptoo"))
    workshop.order("Sony")
    assert "Canon" in html(grace, "/repair_order/?q=kiptoo").partition("<tbody>")[2]
    assert "Sony" not in html(grace, "/repair_order/?q=kiptoo").partition("<tbody>")[2]
    assert "Nothing matches this filter." in html(grace, "/repair_order/?q=zebra")


def test_pages_are_walked_forth_and_back_without_gaps(workshop: Workshop, grace: FlaskClient):
    for place in range(7):
        workshop.order(f"Camera {place}", customer=workshop.customer(f"C{place}"), storage="A" if place % 2 else None)
    for sort in ("item", "-item", "storage", "-storage", "-id"):
        url, pages = f"/repair_order/?size=3&sort={sort}", []
        while url:
            page = html(grace, url)
            pages.append((url, re.findall(r">(Camera \d)<", page)))
            following = re.search(r'rel="next" href="([^"]+)"', page)
            url = following[1].replace("&amp;", "&") if following else ""
        assert [len(seen) for _url, seen in pages] == [3, 3, 1], sort
        assert len({item for _url, seen in pages for item in seen}) == 7, sort
        for (_before, seen), (at, _seen) in itertools.pairwise(pages):
            back = re.search(r'rel="prev" href="([^"]+)"', html(grace, at))
            assert back is not None
            assert re.findall(r">(Camera \d)<", html(grace, back[1].replace("&amp;", "&"))) == seen, sort
    assert "4–6 of 7, the newest first" in html(grace, pages[1][0])


def test_columns_are_chosen_and_kept_when_sorting(workshop: Workshop, grace: FlaskClient):
    workshop.order("Canon", serial="S-1")
    page = html(grace, "/repair_order/?columns=number&columns=serial")
    assert re.findall(r'<th scope="col" class="[^"]+"[^>]*>(?:<a[^>]*>)?([^<]+)', page) == ["Number", "Serial"]
    assert "columns=number%2Cserial" in page


def test_csv_and_sheet_hold_exactly_the_filtered_list(workshop: Workshop, grace: FlaskClient):
    workshop.order("=cmd()", customer=workshop.customer("Naomi Achieng"))
    workshop.order("Sony")
    answer = grace.get("/repair_order/export.csv?q=naomi")
    rows = list(csv.reader(io.StringIO(answer.get_data().decode("utf-8-sig"))))
    assert rows[0][:3] == ["Number", "Customer", "Item"]
    assert [row[1:3] for row in rows[1:]] == [["Naomi Achieng", "'=cmd()"]]
    assert rows[1][3] == "Received"
    answer = grace.get("/repair_order/export.xlsx")
    sheet: Any = openpyxl.load_workbook(io.BytesIO(answer.get_data())).active
    assert sheet.max_row >= 3
    assert sheet["C3"].value == "=cmd()"
    assert sheet["C3"].data_type == "s"


def test_a_long_sheet_is_written_by_a_worker(
    workshop: Workshop, grace: FlaskClient, post: Any, run_jobs: Any, truth: Any, monkeypatch: Any
):
    monkeypatch.setattr("erp.reports.exports.AT_ONCE", 1)
    workshop.order("Canon")
    workshop.order("Sony")
    page, jobs = html(grace, "/repair_order/export.xlsx"), "select count(*) from job where kind = 'reports.export'"
    assert "This sheet has 2 rows" in page
    before = truth(jobs)[0][0]
    answer = post(grace, "/repair_order/export.xlsx", {"all": "1", "query": ""})
    assert answer.status_code == 302
    assert truth(jobs)[0][0] == before + 1
    watched = answer.headers["Location"]
    assert grace.get(f"{watched}/progress").get_json() == {"percent": 0, "text": "Waiting", "finished": False}
    assert run_jobs() >= 1
    assert "Download the sheet" in html(grace, watched)
    sheet: Any = openpyxl.load_workbook(io.BytesIO(grace.get(f"{watched}/file").get_data())).active
    assert sheet["C2"].value == "Sony"
    other = workshop.sign_in(workshop.company.person("TENANT_MANAGER"))
    assert other.get(watched).status_code == 404


def test_a_page_asks_few_questions_whatever_is_on_it(workshop: Workshop, grace: FlaskClient):
    for place in range(12):
        workshop.order(f"Camera {place}", customer=workshop.customer(f"Customer {place}"))
    html(grace, "/repair_order/")
    statements: list[str] = []
    sa.event.listen(engine(), "before_cursor_execute", lambda c, cur, statement, *rest: statements.append(statement))
    page = html(grace, "/repair_order/")
    assert len(statements) <= 12, "\n---\n".join(statements)
    assert len(page) < 60_000


def test_a_broken_address_is_told_not_failed(workshop: Workshop, grace: FlaskClient):
    workshop.order()
    for query, status in {
        "after=nonsense&at=2": 400,
        "sort=nothing": 404,
        "total__eq=abc": 422,
        "promised_on__ge=2026-99-99": 422,
        "columns=nothing": 200,
        "view=nothing": 200,
        "size=99999999999999999999": 200,
        "customer__eq=9999999999999999999999": 422,
    }.items():
        assert grace.get(f"/repair_order/?{query}").status_code == status, query


def test_who_may_not_list_sees_nothing(workshop: Workshop, sign_in: Any):
    nobody = sign_in(workshop.company.person())
    assert nobody.get("/repair_order/").status_code == 403
    assert nobody.get("/party/pick?q=a").status_code == 403
    assert nobody.application.test_client().get("/repair_order/").status_code == 302
