"""A shop's file becomes documents, stock and entries that say what the file says; nothing is set going by it.

The half year of a real shop is brought in by tests/scenarios/test_history_killed.py.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from erp import create, importing, prepare
from erp.access import enter_as
from erp.testing.pytest_plugin import Company, Person
from plugins.accounting.api import choose_chart
from plugins.sales.history import runs, telling, trials
from plugins.sales.history.plans import Plan
from tests.sales.shop_file import Difference, Totals, compared, made
from tests.scenarios.processes import until

COUNTED = (
    "select (select count(*) from workflow_instance where tenant_id = :t), (select count(*) from workflow_task"
    " where tenant_id = :t), (select count(*) from notification where tenant_id = :t and kind <> 'ready'),"
    " (select count(*) from job where tenant_id = :t and kind not like 'sales.history%'),"
    " (select count(*) from mail_message where tenant_id = :t)"
)


@pytest.fixture
def owner(make_company: Callable[..., Company]) -> Person:
    company = make_company("Gifts of London", currency="GBP", tax_rate="20")
    who = company.person("TENANT_MANAGER", "Accountant", name="Mary Poppins")
    with who.acting():
        choose_chart("uk", date(2026, 1, 1))
    return who


def bring(who: Person, content: bytes, run_jobs: Callable[[], int], **wishes: Any) -> runs.Progress:
    """The whole way of a file: read, tried, brought in."""
    kept = importing.keep("shop.csv", content)
    plan = Plan.from_json({**runs.recalled(importing.opened(kept.id)).as_json(), **wishes})
    job_id = runs.start(plan, kept.id).id
    run_jobs()
    enter_as(who.user_id, who.place.tenant_id, source="web")
    return runs.progress(job_id)


def tried(who: Person, plan: Plan, file_id: int, run_jobs: Callable[[], int]) -> runs.Progress:
    """A trial, when it is over."""
    job_id = trials.start(plan, file_id).id
    run_jobs()
    enter_as(who.user_id, who.place.tenant_id, source="web")
    return runs.progress(job_id)


def kept_totals(truth: Any, tenant: int) -> Totals:
    """The same four counts of what is in the books."""
    found = Totals()
    for table, at, sign in (("sale", "sold_at", 1), ("sale_refund", "refunded_at", -1)):
        rows = truth(
            f"select (d.{at} at time zone 'Africa/Nairobi')::date::text, p.code, coalesce(c.number, ''), d.country,"
            f" sum(l.total) from {table}_line l join {table} d on d.id = l.document_id"
            " join product p on p.id = l.product_id left join party c on c.id = d.customer_id where l.tenant_id = :t"
            " group by 1, 2, 3, 4",
            t=tenant,
        )
        for day, code, customer, country, total in rows:
            names = {"InvoiceDate": day, "StockCode": code, "CustomerID": customer, "Country": country}
            found.add(names, sign * total)
    return found


def agree(content: bytes, truth: Any, who: Person, job_id: int) -> list[Difference]:
    """Days, products, customers and countries come to what the plain file comes to, less the lines rules changed.

    Returns these lines, each with its rules.
    """
    with who.acting():
        told = list(telling.lines_of(job_id, ""))
    (plain, away, differing), found = compared(content, told), kept_totals(truth, who.place.tenant_id)
    for name in ("day", "product", "customer", "country"):
        expected, taken = getattr(plain, name), getattr(away, name)
        wanted = {key: amount - taken[key] for key, amount in expected.items()}
        assert _left(getattr(found, name)) == _left(wanted), name
    return differing


def _left(totals: Mapping[str, Decimal]) -> dict[str, Decimal]:
    return {key: value for key, value in totals.items() if value}


def test_the_books_say_what_the_file_says(
    owner: Person, run_jobs: Callable[[], int], truth: Any, no_way_out: list[Any]
):
    content, tenant = made(), owner.place.tenant_id
    before = tuple(truth(COUNTED, t=tenant)[0])
    with owner.acting():
        done = bring(owner, content, run_jobs)
        assert done.state == "done", done.error
        agree(content, truth, owner, done.job_id)
        again = bring(owner, content, run_jobs)
        assert again.made["known"] == done.made["sale"] + done.made["refund"] + done.made["stock"]
        agree(content, truth, owner, again.job_id)
        for function, _period in prepare.periodic().values():
            function()
    assert tuple(truth(COUNTED, t=tenant)[0]) == before
    assert no_way_out == []
    assert truth("select count(*) from stock_level where tenant_id = :t and quantity < 0", t=tenant)[0][0] == 0


def test_a_history_in_a_locked_period_is_refused_by_trial_and_by_run(
    owner: Person, run_jobs: Callable[[], int], truth: Any
):
    """Also where the month is locked between the two; nothing of money or stock is written."""
    with owner.acting():
        kept = importing.keep("shop.csv", made(60))
        plan = runs.recalled(importing.opened(kept.id))
        assert tried(owner, plan, kept.id, run_jobs).state == "done"
        create("ledger_lock", {"kind": "all", "until": date(2010, 11, 30), "reason": "Only the day before is told"})
        assert "books are closed until" in tried(owner, plan, kept.id, run_jobs).error
        done = bring(owner, made(60), run_jobs)
        assert done.state == "failed"
        assert "books are closed until" in done.error
    written = "select (select count(*) from {}) + (select count(*) from {}) + (select count(*) from {})"
    tables = [f"{name} where tenant_id = {owner.place.tenant_id}" for name in ("sale", "stock_move", "journal_entry")]
    assert truth(written.format(*tables))[0][0] == 0


def test_what_a_rule_leaves_out_is_listed_line_by_line(owner: Person, run_jobs: Callable[[], int], truth: Any):
    content = made(600)
    with owner.acting():
        wished = {"free": "leave_out", "walk_in": "leave_out", "cancellation": "leave_out"}
        done = bring(owner, content, run_jobs, choices=wished)
    listed = agree(content, truth, owner, done.job_id)
    assert {"No customer", "Cancelled"} <= {rule for each in listed for rule in each.rules.split(", ")}


def test_a_history_that_is_stopped_keeps_its_list_of_lines(owner: Person, run_jobs: Callable[[], int], truth: Any):
    """Somebody stops it as soon as the lines are told; what was told stays, and the same file brings the rest in."""
    content = made(1500)
    with owner.acting():
        kept = importing.keep("shop.csv", content)
        job_id = runs.start(runs.recalled(importing.opened(kept.id)), kept.id).id
    told = "select progress ? 'met' from job where id = :i"

    def press() -> None:
        until(lambda: truth(told, i=job_id)[0][0])
        with owner.acting():
            runs.stop(job_id)

    somebody = threading.Thread(target=press)
    somebody.start()
    run_jobs()
    somebody.join()
    with owner.acting():
        found = runs.progress(job_id)
        assert found.is_stopped
        assert found.made.get("sale", 0) < 200
        assert {row[0] for row in telling.lines_of(job_id, "cancellation")}
        again = bring(owner, content, run_jobs)
        agree(content, truth, owner, again.job_id)


def test_a_trial_tells_what_an_import_makes(owner: Person, run_jobs: Callable[[], int]):
    content = made(600)
    with owner.acting():
        kept = importing.keep("shop.csv", content)
        trial = tried(owner, runs.recalled(importing.opened(kept.id)), kept.id, run_jobs)
        found = trials.Trial.from_json(trial.result)
        lines = list(telling.lines_of(trial.job_id, "cancellation"))
        done = bring(owner, content, run_jobs)
    assert {name: done.made[name] for name in found.made} == found.made
    assert (found.met, found.opened) == (done.met, done.made["opened"])
    assert len(lines) == found.met["cancellation"]
