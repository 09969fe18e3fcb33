"""What an accountant gets of the report of invoices: a page, files, variants, JSON; and what nobody gets."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from itertools import product
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from openpyxl import load_workbook
from pypdf import PdfReader

from erp import clock, config, context, create, session, transaction
from erp.access import MemberRole
from erp.errors import Forbidden, Invalid
from erp.jobs.worker import drain
from erp.mailbox import MailMessage
from erp.reports import library, parameters, report_prints, running, schedules
from erp.reports.models import ReportSchedule
from erp.reports.running import ReportFailed, ReportTooLong
from erp.testing.pytest_plugin import PASSWORD, Company, Person
from tests.invoices.conftest import Office

URL = "/reports/invoices_issued"
HOSTILE = (
    "'",
    "1; drop table invoice",
    "%(x)s",
    ":period_from",
    "1) or (1=1",
    "\\",
    "9" * 30,
    "a" * 300,
    "２０",
    "{branches x}",
)


@pytest.fixture(scope="module")
def company(make_company: Callable[..., Company]) -> Company:
    """One company for all of these."""
    return make_company()


@pytest.fixture(scope="module")
def billed(company: Company) -> Office:
    """Two invoices of the Lakeside Clinic and one of a shop with a name that looks like a formula."""
    office = Office(company.person("Accountant", name="Wanjiku Kamau"), drain)
    office.draft()
    office.issue()
    office.draft()
    office.issue()
    with office.wanjiku.acting():
        office.customer = create("party", {"name": "=cmd|' /C calc'!A0", "kind": "company"}).id
    office.draft()
    office.issue()
    return office


def send(client: FlaskClient, address: str, **typed: str) -> Any:
    """Post a form of the page of reports."""
    token = re.search(r'name="csrf-token" content="([^"]+)"', client.get("/reports/").get_data(as_text=True))
    assert token is not None
    return client.post(address, data={"csrf_token": token[1], **typed})


@pytest.fixture(scope="module")
def browser(billed: Office, sign_in: Callable[[Person], FlaskClient]) -> FlaskClient:
    return sign_in(billed.wanjiku)


def test_the_page_sums_by_customer_and_in_all(browser: FlaskClient):
    page = browser.get(f"{URL}?variant=0").get_data(as_text=True)
    assert page.count("INV-") == 3
    assert "35,727.98" in page  # two of 17,863.99
    assert "53,591.97" in page
    assert "3 rows" in page
    assert browser.get(f"{URL}?sort=-total").status_code == 200
    assert browser.get(f"{URL}?sort=nothing").status_code == 422
    assert "Nothing in this report" in browser.get(f"{URL}?period=2001-01-01..2001-01-31").get_data(as_text=True)


def test_what_is_wrong_stands_beside_its_box(browser: FlaskClient):
    for query, sentence in (
        ("period=custom&period_from=2026-01-01&period_to=soon", "is not a date"),
        ("period=2026-02-01..2026-01-01", "ends before it begins"),
        ("period=", "Fill this in."),
        ("customer_id=999999", "Choose one of the list."),
        ("customer_id__text=Nobody+Known", "Choose one of the list."),
    ):
        answer = browser.get(f"{URL}?{query}")
        assert answer.status_code == 422, query
        assert sentence in answer.get_data(as_text=True), query


def test_a_name_that_was_typed_without_a_script_is_looked_up(browser: FlaskClient):
    page = browser.get(f"{URL}?period=this_year&customer_id__text=Lakeside+Clinic").get_data(as_text=True)
    assert page.count("INV-") == 2


def test_what_was_asked_last_is_there_again(company: Company, sign_in: Callable[[Person], FlaskClient]):
    browser = sign_in(company.person("Accountant", name="Joyce Achieng"))
    browser.get(f"{URL}?period=2001-01-01..2001-01-31")
    assert "2001-01-01" in browser.get(URL).get_data(as_text=True)
    assert "2001-01-01" not in browser.get(f"{URL}?variant=0").get_data(as_text=True)


def test_a_variant_is_saved_shared_and_removed(
    browser: FlaskClient, billed: Office, company: Company, sign_in: Callable[[Person], FlaskClient]
):
    query = f"period=this_year&customer_id={billed.customer}&sort=-total"
    saved = send(browser, f"{URL}/variants", query=query, name="This year")
    assert saved.status_code == 302
    page = browser.get(saved.location).get_data(as_text=True)
    assert page.count("INV-") == 1
    assert "This year" in page
    other = sign_in(company.person("Accountant", name="Otieno Were"))
    assert other.get(saved.location).status_code == 404
    assert send(browser, f"{URL}/variants", query=query, name="All", share="1").status_code == 403
    boss = sign_in(company.person("TENANT_OWNER", name="Amina Hassan"))
    shared = send(boss, f"{URL}/variants", query=query, name="For all", share="1")
    assert "For all" in other.get(shared.location).get_data(as_text=True)
    gone = shared.location.partition("variant=")[2]
    assert send(other, f"{URL}/variants", query=f"variant={gone}", do="remove").status_code == 403
    assert send(boss, f"{URL}/variants", query=f"variant={gone}", do="remove").status_code == 302
    assert other.get(shared.location).status_code == 404


def test_the_sheet_has_types_subtotals_and_formulas(browser: FlaskClient):
    book = load_workbook(io.BytesIO(browser.get(f"{URL}/xlsx?variant=0").data))
    sheet = book.worksheets[0]
    assert [cell.value for cell in sheet[1]] == [
        "Customer",
        "Invoice",
        "Issued",
        "Due",
        "Currency",
        "Net",
        "Tax",
        "Total",
    ]
    assert sheet["A1"].font.b
    assert sheet.freeze_panes == "A2"
    rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=2)]
    formula = next(row for row in rows if row[0] == "=cmd|' /C calc'!A0")
    assert formula[7] == Decimal("17863.99") or float(formula[7]) == 17863.99
    cell = next(sheet.cell(n + 2, 1) for n, row in enumerate(rows) if row is formula)
    assert cell.data_type == "s"
    sums = [row[7] for row in rows if isinstance(row[7], str)]
    assert sums == ['=SUMIF(E2:E2,"KES",H2:H2)', '=SUMIF(E4:E5,"KES",H4:H5)', '=SUMIF(E2:E6,"KES",H2:H6)']
    assert "This month" in book.worksheets[1]["A2"].value


def test_csv_and_paper(browser: FlaskClient):
    csv = browser.get(f"{URL}/csv?variant=0").data.decode("utf-8-sig").splitlines()
    assert len(csv) == 4
    assert csv[1].startswith("'=cmd|")
    pdf = browser.get(f"{URL}/pdf?variant=0")
    assert pdf.data.startswith(b"%PDF")


def test_a_long_file_is_written_in_the_background(
    browser: FlaskClient, billed: Office, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("erp.screens.report_filing.AT_ONCE", {"xlsx": 2, "csv": 2, "pdf": 2})
    offer = browser.get(f"{URL}/xlsx?period=this_year").get_data(as_text=True)
    assert "It is written while you go on working." in offer
    watch = send(browser, f"{URL}/file", query="period=this_year", ending="xlsx").location
    assert browser.get(f"{watch}/content").status_code == 404
    billed.run_jobs()
    assert browser.get(f"{watch}/progress").get_json()["finished"]
    assert load_workbook(io.BytesIO(browser.get(f"{watch}/content").data)).worksheets[0].max_row == 7
    dropped = send(browser, f"{URL}/file", query="", ending="pdf").location
    assert send(browser, f"{dropped}/cancel").status_code == 302
    billed.run_jobs()
    assert "This file was cancelled." in browser.get(dropped).get_data(as_text=True)


def test_programs_get_typed_values(app: Any, billed: Office):
    program = app.test_client()
    login = {"username": billed.wanjiku.username, "password": PASSWORD, "tenant": billed.wanjiku.place.tenant_id}
    token = program.post("/api/v1/security/login", json=login).get_json()["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    listed = program.get("/api/v1/reports/", headers=headers).get_json()["rows"]
    assert "invoices_issued" in {each["name"] for each in listed}
    found = program.get("/api/v1/reports/invoices_issued?period=this_year", headers=headers).get_json()
    assert found["count"] == 3
    assert found["totals"] == [{"currency": "KES", "net": "46199.97", "tax": "7392", "total": "53591.97"}]
    assert found["rows"][0]["total"] == "17863.99"
    wrong = program.get("/api/v1/reports/invoices_issued?perod=this_year", headers=headers)
    assert wrong.status_code == 422
    assert program.get("/api/v1/reports/none", headers=headers).status_code == 404
    sheet = program.get("/api/v1/reports/invoices_issued?format=xlsx", headers=headers)
    assert sheet.data.startswith(b"PK")


# -- who may ---------------------------------------------------------------------------------------------


def test_only_its_roles_may_run_it(billed: Office, company: Company, sign_in: Callable[[Person], FlaskClient]):
    counter = sign_in(company.person("Counter", name="Grace Njeri"))
    assert counter.get(URL).status_code == 403
    assert "Invoices issued" not in counter.get("/reports/").get_data(as_text=True)


def test_who_is_limited_sees_rows_of_their_branch(billed: Office):
    report = library.reports()["invoices_issued"]
    with billed.wanjiku.acting():
        for branches, seen in ((None, 3), (frozenset({context.current().branch_id or 0}), 3), (frozenset({0}), 0)):
            with context.acting(branches=branches):
                chosen = parameters.chosen(report, {})
                with running.opened(report, chosen) as rows:
                    assert len(list(rows)) == seen
        with context.acting(branches=frozenset({0})), pytest.raises(Forbidden, match="all branches"):
            library._reports["everything"] = replace(report, name="everything", sql="select 1 as customer")
            try:
                context.enter(replace(context.current(), source="job"))
                assert not library.refusal(library._reports["everything"])
                context.enter(
                    replace(context.current(), source="web", permissions=frozenset({("show", "report:everything")}))
                )
                library.found("everything")
            finally:
                del library._reports["everything"]


def test_a_rule_of_the_company_keeps_the_sum_too(billed: Office):
    report = library.reports()["invoices_issued"]
    with billed.wanjiku.acting() as acting:
        rule = context.Rule(1, "Accountant", "invoice", "show", (("@creator", "eq", "me"),))
        with context.acting(rules=(rule,)):
            assert "a rule of your company" in library.refusal(report)
        assert not library.refusal(report)
        assert acting.source == "web"


def test_a_report_reaches_no_other_tenant(billed: Office, make_company: Callable[..., Company]):
    """Its SQL names no tenant: row-level security does, also for one that asks for all companies."""
    report = library.reports()["invoices_issued"]
    everywhere = replace(report, sql=report.sql.replace("invoice.company_id = :company", "true"))
    with (
        make_company().person("TENANT_OWNER").acting(),
        running.opened(everywhere, parameters.chosen(report, {"period": "this_year"})) as rows,
    ):
        assert list(rows) == []


# -- what is hostile -------------------------------------------------------------------------------------


def test_a_hostile_parameter_stays_a_value(billed: Office):
    """It is refused with a word, or compared with what there is; it never becomes part of the statement."""
    for name, text in product(("invoices_issued", "payments_received"), HOSTILE):
        report = library.reports()[name]
        with billed.wanjiku.acting():
            for parameter in report.parameters:
                try:
                    chosen = parameters.chosen(report, {parameter.name: text})
                except Invalid:
                    continue
                with running.opened(report, chosen) as rows:
                    list(rows)
                assert text not in str(running.statement(report))


def test_a_report_writes_nothing_and_ends_in_time(billed: Office, monkeypatch: pytest.MonkeyPatch):
    """SQL that got past the reader of files meets a transaction that reads only, and a clock."""
    report = library.reports()["invoices_issued"]
    columns = ", ".join(f"null as {name}" for name in report.selected[1:])
    with billed.wanjiku.acting():
        chosen = parameters.chosen(report, {})
        slow = replace(report, sql=f"select pg_sleep(5)::text as customer, {columns}")
        with pytest.raises(ReportTooLong), running.opened(slow, chosen, seconds=1) as rows:
            list(rows)
        writing = replace(report, sql=f"select nextval('invoice_id_seq')::text as customer, {columns}")
        with pytest.raises(ReportFailed), running.opened(writing, chosen) as rows:
            list(rows)
        assert session().connection() is not None


def test_a_long_report_shows_its_first_rows_and_sums_all(browser: FlaskClient, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(config, "_active", replace(config.settings(), report_rows=2))
    page = browser.get(f"{URL}?variant=0").get_data(as_text=True)
    assert "The first 2 of 3 rows are shown" in page
    assert "53,591.97" in page
    assert page.count("INV-") == 2


# -- by mail, and on the overview ------------------------------------------------------------------------


def test_a_report_comes_by_mail_to_who_may_run_it_then(
    browser: FlaskClient, billed: Office, company: Company, truth: Callable[..., Any]
):
    otieno = company.person("Accountant", name="Otieno Were")
    grace = company.person("Counter", name="Grace Njeri")
    typed = {"query": "period=this_year", "rhythm": "weekly", "hour": "6", "ending": "xlsx"}
    assert send(browser, f"{URL}/mail", **typed, readers=str(grace.member_id)).status_code == 422
    for reader in (billed.wanjiku, otieno):
        assert send(browser, f"{URL}/mail", **typed, readers=str(reader.member_id)).status_code == 302
    assert "Every Monday at 06:00" in browser.get(f"{URL}/mail").get_data(as_text=True)
    with billed.wanjiku.acting(), transaction():
        for row in session().scalars(sa.select(ReportSchedule)):
            row.due_at = clock.now()
        # by then Otieno has left the office
        role = session().scalars(sa.select(MemberRole).where(MemberRole.member_id == otieno.member_id)).one()
        session().delete(role)
    schedules.send_due()
    drain()
    schedules.send_due()
    drain()
    with billed.wanjiku.acting():
        mails = session().scalars(sa.select(MailMessage).where(MailMessage.subject == "Invoices issued")).all()
        assert [mail.to for mail in mails] == [f"{billed.wanjiku.username}@example.com"]
        assert mails[0].attachments[0]["name"].endswith(".xlsx")
        assert all(row.due_at > clock.now() for row in session().scalars(sa.select(ReportSchedule)))
        ids = [row.id for row in session().scalars(sa.select(ReportSchedule))]
    for each in ids:
        assert send(browser, f"{URL}/mail/{each}").status_code == 302
    assert send(browser, f"{URL}/mail/{ids[0]}").status_code == 404


@pytest.mark.parametrize(("rhythm", "due"), [
    ("daily", datetime(2026, 11, 28, 3, tzinfo=UTC)),
    ("weekly", datetime(2026, 11, 30, 3, tzinfo=UTC)),
    ("monthly", datetime(2026, 12, 1, 3, tzinfo=UTC)),
])  # fmt: skip
def test_when_a_report_is_due(rhythm: str, due: datetime):
    """At six in Nairobi, which is three in London."""
    friday = datetime(2026, 11, 27, 12, tzinfo=UTC)
    assert schedules.due_after(rhythm, 6, "Africa/Nairobi", friday) == due
    assert schedules.due_after(rhythm, 6, "Africa/Nairobi", due) > due


def test_the_overview_shows_tiles_of_reports_one_may_run(
    browser: FlaskClient, company: Company, sign_in: Callable[[Person], FlaskClient]
):
    assert "data-tiles" in browser.get("/").get_data(as_text=True)
    part = browser.get("/reports/tiles").get_data(as_text=True)
    assert "Received today" in part
    assert "/reports/payments_received?period=today" in part
    counter = sign_in(company.person("Counter", name="Peter Kariuki"))
    assert "Received today" not in counter.get("/reports/tiles").get_data(as_text=True)


def test_paper_has_its_head_on_every_page(billed: Office):
    report = library.reports()["invoices_issued"]
    with billed.wanjiku.acting():
        chosen = parameters.chosen(report, {})
        with running.opened(report, chosen, limit=1) as rows:
            row = next(rows)
        pdf = report_prints.printed(report, chosen, [row] * 70)
    pages = PdfReader(io.BytesIO(pdf)).pages
    assert len(pages) == 2
    assert all("Net, KES" in page.extract_text() for page in pages)
