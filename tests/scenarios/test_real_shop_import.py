"""A real shop's half year of sales becomes its products and customers.

REAL_SHOP names the file: `InvoiceNo, StockCode, Description, Quantity, InvoiceDate, UnitPrice, CustomerID, Country`.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from erp.access import enter_as
from erp.importing import Plan, Progress, dry_run, keep, opened, progress, start
from erp.testing.pytest_plugin import Company, Person

pytestmark = [
    pytest.mark.real_shop,
    pytest.mark.skipif(not Path(os.environ.get("REAL_SHOP") or "/nowhere").is_file(), reason="REAL_SHOP names no file"),
]
CUSTOMERS = Plan.from_json(
    {
        "type": "party",
        "key": "number",
        "tidy": {"CustomerID": "whole"},
        "sources": {
            "number": {"column": "CustomerID"},
            "name": {"text": "Customer {CustomerID}"},
            "country": {"column": "Country", "pick": "most"},
        },
        "skips": [{"column": "CustomerID", "test": "empty"}],
    }
)
PRODUCTS = Plan.from_json(
    {
        "type": "product",
        "key": "code",
        "tidy": {"StockCode": "upper"},
        "sources": {
            "code": {"column": "StockCode"},
            "name": {"column": "Description", "pick": "most"},
            "unit_price": {"column": "UnitPrice", "pick": "last", "positive": True},
        },
    }
)
SECONDS = 30
"""The most that one of the two imports may take, reading included."""


@pytest.fixture
def owner(company: Company) -> Person:
    return company.person("TENANT_MANAGER")


def bring(plan: Plan, who: Person, run_jobs: Callable[[], int]) -> tuple[Progress, float]:
    path = Path(os.environ["REAL_SHOP"])
    began = time.perf_counter()
    job_id = start(plan, keep(path.name, path.read_bytes()).id).id
    run_jobs()
    enter_as(who.user_id, who.place.tenant_id, source="web")
    return progress(job_id), time.perf_counter() - began


def test_every_customer_with_a_number_comes_in(owner: Person, run_jobs: Callable[[], int], truth: Any):
    with owner.acting():
        done, seconds = bring(CUSTOMERS, owner, run_jobs)
    outcome = done.outcome
    assert done.state == "done"
    assert outcome["problem_count"] == 0
    assert outcome["rows"] == 245_903
    left_out = outcome["skipped"]["“CustomerID” is empty"]
    assert 0.26 < left_out / outcome["rows"] < 0.30
    assert outcome["new"] + outcome["repeated"] + left_out == outcome["rows"]
    assert outcome["new"] == 3002
    found = truth(
        "select number, name, country from party where tenant_id = :t and number = '17850'", t=owner.place.tenant_id
    )
    assert [tuple(row) for row in found] == [("17850", "Customer 17850", "United Kingdom")]
    assert seconds < SECONDS
    print(f"customers: {outcome['new']} in {seconds:.1f} s, {left_out} lines without a number")


def test_every_product_that_has_a_description_comes_in(owner: Person, run_jobs: Callable[[], int], truth: Any):
    with owner.acting():
        done, seconds = bring(PRODUCTS, owner, run_jobs)
        again, _seconds = bring(PRODUCTS, owner, run_jobs)
    outcome = done.outcome
    assert outcome["new"] + outcome["problem_count"] == 3561
    assert {each["message"] for each in outcome["problems"]} == {"Fill this in."}
    assert (again.outcome["new"], again.outcome["changed"]) == (0, 0)
    found = truth("select name from product where tenant_id = :t and code = '85123A'", t=owner.place.tenant_id)
    assert found[0][0] == "WHITE HANGING HEART T-LIGHT HOLDER"
    assert (
        truth("select count(*) from product where tenant_id = :t and unit_price < 0", t=owner.place.tenant_id)[0][0]
        == 0
    )
    assert truth("select count(*) from product where code <> upper(code)")[0][0] == 0
    assert seconds < SECONDS
    print(f"products: {outcome['new']} in {seconds:.1f} s, {outcome['problem_count']} without a description")


def test_a_trial_of_the_whole_file_says_the_same(owner: Person):
    path = Path(os.environ["REAL_SHOP"])
    with owner.acting():
        began = time.perf_counter()
        outcome = dry_run(CUSTOMERS, opened(keep(path.name, path.read_bytes()).id))
        print(f"trial: {time.perf_counter() - began:.1f} s")
    assert (outcome.new, outcome.problem_count) == (3002, 0)
