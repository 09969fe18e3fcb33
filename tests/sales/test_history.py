"""A shop's half year becomes documents, stock and entries that say what the file says; nothing is set going by it.

REAL_SHOP names the real file for the full count; the ordinary run brings in some thousand lines of the same dirt.
"""

from __future__ import annotations

import gzip
import os
import time
from collections import defaultdict
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from erp import Invalid, create, importing, prepare
from erp.access import enter_as
from erp.testing.pytest_plugin import Company, Person
from plugins.accounting.api import choose_chart
from plugins.sales.history import runs
from plugins.sales.history.plans import Plan
from tests.sales.shop_file import Totals, counted, made

REAL = Path(os.environ.get("REAL_SHOP") or "/nowhere")
COUNTED = (
    "select (select count(*) from workflow_instance where tenant_id = :t), (select count(*) from workflow_task"
    " where tenant_id = :t), (select count(*) from notification where tenant_id = :t and kind <> 'ready'),"
    " (select count(*) from job where tenant_id = :t and kind <> 'sales.history'),"
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


def kept_totals(truth: Any, tenant: int) -> Totals:
    """The same four counts of what is in the books."""
    found = Totals()
    for table, at, sign in (("sale", "sold_at", 1), ("sale_refund", "refunded_at", -1)):
        rows = truth(
            f"select (d.{at} at time zone 'Africa/Nairobi')::date::text, p.code, coalesce(c.number, ''), d.country,"
            f" l.total, l.quantity from {table}_line l join {table} d on d.id = l.document_id"
            " join product p on p.id = l.product_id left join party c on c.id = d.customer_id where l.tenant_id = :t",
            t=tenant,
        )
        for day, code, customer, country, total, quantity in rows:
            for where, key in ((found.day, day), (found.product, code), (found.customer, customer),
                               (found.country, country)):  # fmt: skip
                where[key] += sign * total
            found.quantity[code] += sign * quantity
            found.rows += 1
    return found


def left(totals: defaultdict[str, Decimal]) -> dict[str, Decimal]:
    return {key: value for key, value in totals.items() if value}


def agree(content: bytes, truth: Any, who: Person) -> None:
    """Days, products, customers and countries are worth the same here as in the plain count of the file."""
    expected, found = counted(content), kept_totals(truth, who.place.tenant_id)
    for name in ("day", "product", "customer", "country"):
        assert left(getattr(found, name)) == left(getattr(expected, name)), name


def test_the_books_say_what_the_file_says(
    owner: Person, run_jobs: Callable[[], int], truth: Any, no_way_out: list[Any]
):
    content, tenant = made(), owner.place.tenant_id
    before = tuple(truth(COUNTED, t=tenant)[0])
    with owner.acting():
        done = bring(owner, content, run_jobs)
        assert done.state == "done", done.error
        agree(content, truth, owner)
        again = bring(owner, content, run_jobs)
        assert again.made["known"] == done.made["sale"] + done.made["refund"] + done.made["stock"]
        agree(content, truth, owner)
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
        runs.attempt(plan, kept.id)
        create("ledger_lock", {"kind": "all", "until": date(2010, 11, 30), "reason": "Only the day before is told"})
        with pytest.raises(Invalid, match="books are closed until"):
            runs.attempt(plan, kept.id)
        done = bring(owner, made(60), run_jobs)
        assert done.state == "failed"
        assert "books are closed until" in done.error
    written = "select (select count(*) from {}) + (select count(*) from {}) + (select count(*) from {})"
    tables = [f"{name} where tenant_id = {owner.place.tenant_id}" for name in ("sale", "stock_move", "journal_entry")]
    assert truth(written.format(*tables))[0][0] == 0


@pytest.mark.soak
@pytest.mark.real_shop
@pytest.mark.skipif(not REAL.is_file(), reason="REAL_SHOP names no file")
def test_the_half_year_of_a_real_shop(owner: Person, run_jobs: Callable[[], int], truth: Any, no_way_out: list[Any]):
    content = gzip.decompress(REAL.read_bytes())
    with owner.acting():
        began = time.perf_counter()
        done = bring(owner, content, run_jobs)
        seconds = time.perf_counter() - began
        assert done.state == "done", done.error
        print(done.made, done.met, f"{seconds:.0f} s, {done.total / seconds:.0f} lines/s")
    agree(content, truth, owner)
    assert no_way_out == []
