"""Bringing parties and products in: trial, run, again, killed half-way."""

from __future__ import annotations

import gzip
import io
from collections.abc import Callable
from typing import Any

import openpyxl
import pytest
import sqlalchemy as sa

from erp.access import enter_as
from erp.data import files
from erp.data.base import session, system
from erp.data.files import File
from erp.errors import Conflict, Forbidden, Invalid, NotFound
from erp.importing import Plan, Progress, dry_run, keep, opened, progress, recalled, runs, start, stop, working
from erp.jobs import worker
from erp.testing.pytest_plugin import Company, Person

SALES = """InvoiceNo,StockCode,Description,UnitPrice,CustomerID,Country
1,85123A,WHITE HEART,2.55,17850.0,United Kingdom
2,85123a,WHITE HEART,2.95,17850.0,United Kingdom
3,85123A,?,0,,United Kingdom
4,71053,LANTERN,3.39,13047.0,France
5,22,NO PRICE YET,0,,Spain
6,23,,x,12583.0,Spain
"""
PARTIES: dict[str, Any] = {
    "type": "party",
    "key": "number",
    "tidy": {"CustomerID": "whole"},
    "sources": {
        "number": {"column": "CustomerID"},
        "name": {"text": "Customer {CustomerID}"},
        "country": {"column": "Country", "pick": "most"},
        "kind": {"text": "Company"},
    },
    "skips": [{"column": "CustomerID", "test": "empty"}],
}
PRODUCTS: dict[str, Any] = {
    "type": "product",
    "key": "code",
    "tidy": {"StockCode": "upper"},
    "sources": {
        "code": {"column": "StockCode"},
        "name": {"column": "Description", "pick": "most"},
        "unit_price": {"column": "UnitPrice", "pick": "last", "positive": True},
    },
}


@pytest.fixture
def manager(company: Company) -> Person:
    return company.person("TENANT_MANAGER", name="Wanjiru Kamau")


def bring(plan: dict[str, Any], content: str = SALES, name: str = "sales.csv") -> int:
    """Start an import; returns its job."""
    return start(Plan.from_json(plan), keep(name, content.encode()).id).id


def after(job_id: int, run_jobs: Callable[[], int], who: Person) -> Progress:
    run_jobs()
    enter_as(who.user_id, who.place.tenant_id, source="web")
    return progress(job_id)


def test_a_trial_counts_and_writes_nothing(manager: Person, truth: Any):
    with manager.acting():
        outcome = dry_run(Plan.from_json(PARTIES), opened(keep("sales.csv", SALES.encode()).id))
        assert (outcome.rows, outcome.new, outcome.changed, outcome.unchanged) == (6, 3, 0, 0)
        assert outcome.skipped == {"“CustomerID” is empty": 2}
        assert outcome.repeated == 1
        assert not outcome.problems
    assert truth("select count(*) from party where tenant_id = :t", t=manager.place.tenant_id)[0][0] == 0


def test_customers_come_in_once_however_often_the_file_is_brought(manager: Person, run_jobs: Any, truth: Any):
    with manager.acting():
        first = after(bring(PARTIES), run_jobs, manager)
        assert (first.state, first.percent, first.outcome["new"]) == ("done", 100, 3)
        again = after(bring(PARTIES), run_jobs, manager)
        assert (again.outcome["new"], again.outcome["changed"], again.outcome["unchanged"]) == (0, 0, 3)
        moved = after(bring(PARTIES, SALES.replace("France", "Belgium")), run_jobs, manager)
        assert (moved.outcome["new"], moved.outcome["changed"], moved.outcome["unchanged"]) == (0, 1, 2)
    rows = truth(
        "select number, name, country, kind, version, created_by from party where tenant_id = :t order by number",
        t=manager.place.tenant_id,
    )
    assert [tuple(row) for row in rows] == [
        ("12583", "Customer 12583", "Spain", "company", 1, "Wanjiru Kamau"),
        ("13047", "Customer 13047", "Belgium", "company", 2, "Wanjiru Kamau"),
        ("17850", "Customer 17850", "United Kingdom", "company", 1, "Wanjiru Kamau"),
    ]


def test_history_holds_one_entry_for_an_import(manager: Person, run_jobs: Any, truth: Any):
    with manager.acting():
        after(bring(PARTIES), run_jobs, manager)
    entries = truth(
        "select kind, actor, source, item, changes from audit_entry where tenant_id = :t", t=manager.place.tenant_id
    )
    assert [tuple(each) for each in entries] == [
        ("imported", "Wanjiru Kamau", "import", "party: sales.csv", {"new": [None, 3]})
    ]


def test_of_many_rows_the_wished_value_counts(manager: Person, run_jobs: Any, truth: Any):
    with manager.acting():
        done = after(bring(PRODUCTS), run_jobs, manager)
    found = truth(
        "select code, name, unit_price::text from product where tenant_id = :t order by code", t=manager.place.tenant_id
    )
    assert [tuple(row) for row in found] == [
        ("22", "NO PRICE YET", "0.0000"),
        ("71053", "LANTERN", "3.3900"),
        ("85123A", "WHITE HEART", "2.9500"),
    ]
    assert [(each["row"], each["column"], each["value"]) for each in done.outcome["problems"]] == [
        (7, "UnitPrice", "x"),
        (7, "Description", ""),
    ]


def left_out(done: Progress) -> File:
    return session().get_one(File, done.problems_file)


def test_rows_that_cannot_be_taken_are_corrected_in_their_sheet_and_brought_back(
    manager: Person, run_jobs: Any, truth: Any
):
    with manager.acting():
        kept = left_out(after(bring(PRODUCTS), run_jobs, manager))
        assert kept.name == "Not imported sales.xlsx"
        book = openpyxl.load_workbook(io.BytesIO(files.read(kept.tenant_id, kept.sha256)))
        sheet = book.worksheets[0]
        assert [[cell.value for cell in row] for row in sheet.iter_rows()] == [
            ["InvoiceNo", "StockCode", "Description", "UnitPrice", "CustomerID", "Country", "Row of the file", "What is wrong"],
            ["6", "23", None, "x", "12583.0", "Spain", "7", "UnitPrice: “x” is not a number.; Description: Fill this in."],
        ]  # fmt: skip
        sheet["C2"], sheet["D2"] = "TEA CUP", "1.5"
        out = io.BytesIO()
        book.save(out)
        table = opened(keep("mended.xlsx", out.getvalue()).id)
        assert recalled("product", table) == Plan.from_json(PRODUCTS)
        mended = after(start(Plan.from_json(PRODUCTS), keep("mended.xlsx", out.getvalue()).id).id, run_jobs, manager)
    assert (mended.outcome["new"], mended.outcome["problem_count"]) == (1, 0)
    assert truth("select count(*) from product where code = '23' and unit_price = 1.5")[0][0] == 1
    assert truth("select count(*) from import_problem")[0][0] == 0


def test_each_field_is_checked_as_in_a_form(manager: Person):
    content = (
        "no,name,mail,kind\n1,Ann,ann@example.com,Person\n2,Bob,bob,person\n3,Cy,,robot\n4,"
        + "x" * 300
        + ",,\n5,a,b,c,d\n"
    )
    plan = {
        "type": "party",
        "key": "number",
        "sources": {
            "number": {"column": "no"},
            "name": {"column": "name"},
            "email": {"column": "mail"},
            "kind": {"column": "kind"},
        },
    }
    with manager.acting():
        outcome = dry_run(Plan.from_json(plan), opened(keep("a.csv", content.encode()).id))
    assert outcome.new == 1
    assert [(each.row, each.column, each.message) for each in outcome.problems] == [
        (3, "mail", "“bob” is not an e-mail address."),
        (4, "kind", "Choose one of the list."),
        (5, "name", "At most 200 characters; this has 300."),
        (6, "", "This row has more cells than there are columns."),
    ]


def test_what_the_database_refuses_keeps_only_itself_out(manager: Person, run_jobs: Any, truth: Any, monkeypatch: Any):
    content = "no,name,note\n1,Ann,\n2,Bob,\n3,Cy,\n"
    plan = {"type": "party", "key": "number", "sources": {"number": {"column": "no"}, "name": {"column": "name"}}}
    stored = runs.Matcher._stored

    def broken(self: Any, values: Any) -> dict[str, Any]:
        return stored(self, values) | ({"name": None} if values["name"] == "Bob" else {})

    monkeypatch.setattr(runs.Matcher, "_stored", broken)
    with manager.acting():
        done = after(bring(plan, content), run_jobs, manager)
    assert (done.state, done.outcome["new"], done.outcome["problem_count"]) == ("done", 2, 1)
    assert done.outcome["problems"][0] == {
        "row": 3,
        "column": "",
        "value": "2",
        "message": "One of these values is not accepted.",
    }
    names = truth("select name from party where tenant_id = :t order by number", t=manager.place.tenant_id)
    assert [row[0] for row in names] == ["Ann", "Cy"]


def test_a_killed_import_goes_on_where_it_was(manager: Person, truth: Any, monkeypatch: Any, run_jobs: Any):
    content = "no,name\n" + "".join(f"{n},Customer {n}\n" for n in range(1200))
    plan = {"type": "party", "key": "number", "sources": {"number": {"column": "no"}, "name": {"column": "name"}}}
    with manager.acting():
        job_id = bring(plan, content)
    write, seen = working._write, []

    class Killed(BaseException):
        pass

    def dying(matcher: Any, chunk: Any) -> None:
        seen.append(len(chunk.new))
        if len(seen) == 2:
            raise Killed
        write(matcher, chunk)

    monkeypatch.setattr(working, "_write", dying)
    with pytest.raises(Killed):
        worker.run(job_id)
    count = "select count(*) from party where tenant_id = :t"
    assert truth(count, t=manager.place.tenant_id)[0][0] == 500
    with manager.acting():
        assert (progress(job_id).done, progress(job_id).total, progress(job_id).percent) == (500, 1200, 41)
    expire(job_id)
    run_jobs()
    assert seen == [500, 500, 500, 200]
    assert truth(count, t=manager.place.tenant_id)[0][0] == 1200
    with manager.acting():
        assert progress(job_id).outcome["new"] == 1200


def expire(job_id: int) -> None:
    """Let the dead worker's lease run out."""
    with system() as platform:
        platform.execute(sa.text("update job set locked_until = now() - interval '1 s' where id = :id"), {"id": job_id})


def test_an_import_can_be_stopped(manager: Person, truth: Any, run_jobs: Any):
    with manager.acting():
        job_id = bring(PARTIES)
        stop(job_id)
        assert progress(job_id).is_over
        with pytest.raises(Conflict):
            stop(job_id)
    run_jobs()
    assert truth("select count(*) from party where tenant_id = :t", t=manager.place.tenant_id)[0][0] == 0


def test_the_plan_is_remembered_for_the_same_columns(manager: Person):
    with manager.acting():
        file = keep("sales.csv.gz", gzip.compress(SALES.encode()))
        table = opened(file.id)
        start(Plan.from_json(PARTIES), file.id)
        session.remove()
        assert recalled("party", table) == Plan.from_json(PARTIES)


def test_without_a_memory_columns_are_guessed_by_name(manager: Person):
    content = "Customer number,Full Name,E-mail,Country,ID\n17850.0,Ann,a@b.co,Kenya,1\n"
    with manager.acting():
        plan = recalled("party", opened(keep("a.csv", content.encode()).id))
    assert {name: source.column for name, source in plan.sources.items()} == {
        "number": "Customer number", "name": "Full Name", "email": "E-mail", "country": "Country",
    }  # fmt: skip
    assert plan.key == "number"
    assert plan.tidy == {"Customer number": "whole"}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"key": "phone"}, "key"),
        ({"sources": {"number": {"column": "Nowhere"}}}, "number"),
        ({"sources": {"number": {"column": "CustomerID"}, "name": {"text": "{Nowhere}"}}}, "name"),
        ({"sources": {"number": {"column": "CustomerID"}, "secret": {"text": "x"}}}, "secret"),
        ({"sources": {"number": {"column": "CustomerID", "pick": "best"}}}, "number"),
        ({"skips": [{"column": "Nowhere"}]}, "skips"),
        ({"tidy": {"Country": "shout"}}, "tidy"),
    ],
)
def test_a_plan_that_does_not_fit_is_refused_at_its_field(manager: Person, change: dict[str, Any], field: str):
    with manager.acting(), pytest.raises(Invalid) as error:
        dry_run(Plan.from_json(PARTIES | change), opened(keep("a.csv", SALES.encode()).id))
    assert field in error.value.fields


@pytest.mark.parametrize(
    "sent", [None, [], {}, {"type": "party", "key": "x", "sources": 3}, {"type": 1, "key": 2, "sources": {"a": 5}}]
)
def test_a_plan_of_a_wrong_shape_is_refused(sent: Any):
    with pytest.raises(Invalid):
        Plan.from_json(sent)


def test_the_right_to_import_is_needed(company: Company):
    counter = company.person("Counter")
    with counter.acting():
        file = keep("a.csv", SALES.encode())
        with pytest.raises(Forbidden):
            dry_run(Plan.from_json(PARTIES), opened(file.id))
        with pytest.raises(Forbidden):
            start(Plan.from_json(PARTIES), file.id)


def test_files_and_imports_of_others_are_not_found(make_company: Callable[..., Company], manager: Person):
    stranger = make_company("Other Ltd").person("TENANT_MANAGER")
    with manager.acting():
        file = keep("a.csv", SALES.encode())
        job_id = start(Plan.from_json(PARTIES), file.id).id
    with stranger.acting():
        with pytest.raises(NotFound):
            opened(file.id)
        with pytest.raises(NotFound):
            start(Plan.from_json(PARTIES), file.id)
        with pytest.raises(NotFound):
            progress(job_id)
        with pytest.raises(NotFound):
            stop(job_id)
