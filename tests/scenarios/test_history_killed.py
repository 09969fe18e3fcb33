"""A worker is killed with SIGKILL in the middle of a shop's history: another goes on, and the books still say the file.

REAL_SHOP names a real shop's file for the full count; the ordinary run brings in some thousand lines of the same dirt.
"""

from __future__ import annotations

import gzip
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from erp import importing, transaction
from erp.checking import differences
from erp.data import vault
from erp.testing.pytest_plugin import Company, Person
from plugins.accounting.api import choose_chart
from plugins.sales.history import runs
from tests.sales.shop_file import made
from tests.sales.test_history import agree
from tests.scenarios.processes import Crew, Gate, until
from tests.stripe.conftest import Judge, simulator

__all__ = ["simulator"]
REAL = Path(os.environ.get("REAL_SHOP") or "/nowhere")
NAME = "Gifts of Mayfair"


@dataclass(frozen=True)
class Brought:
    """A history that came in although its worker was killed."""

    owner: Person
    job_id: int
    seconds: float
    """From the first worker to the end, the kill and what was done twice with it."""
    job: Any
    """Its row."""


@pytest.fixture
def bring(long_crew: Callable[..., Crew], make_company: Callable[..., Company], truth: Any) -> Callable[..., Brought]:
    """Brings a file into a new company; the worker is killed with SIGKILL once so many lines are written."""

    def run(name: str, content: bytes, lines: int, kill_at: int, seconds: float, **more: str) -> Brought:
        owner = make_company(NAME, currency="GBP", tax_rate="20").person("TENANT_MANAGER")
        with owner.acting():
            choose_chart("uk", date(2026, 1, 1))
            with transaction():
                vault.put("stripe", "secret_key", "sk_test_nobody_calls")
            kept = importing.keep(name, content)
            job_id = runs.start(runs.recalled(importing.opened(kept.id)), kept.id).id

        def job() -> Any:
            return truth("select state, progress, attempts, error, result from job where id = :i", i=job_id)[0]

        crew, began = long_crew(**more), time.monotonic()
        crew.hire(workers=1, queue="long")
        until(lambda: job().progress.get("done", 0) > kill_at, seconds)
        crew.kill(crew.workers[0])
        assert job().state in {"running", "waiting"}
        assert kill_at < job().progress["done"] < lines
        crew.hire(workers=1, queue="long")
        until(lambda: job().state in {"done", "failed"}, seconds)
        assert job().state == "done", job().error
        assert job().attempts > 1
        return Brought(owner, job_id, time.monotonic() - began, job())

    return run


def nothing_differs() -> None:
    """`erp check all` has nothing to say of the shop."""
    assert [line for line in differences() if line.startswith(NAME)] == []


def test_killed_in_the_middle_of_a_history(bring: Callable[..., Brought], truth: Any) -> None:
    content = made(3000)
    done = bring("shop.csv", content, 3000, 0, seconds=120)
    agree(content, truth, done.owner, done.job_id)
    opened = "select count(*) from stock_move where tenant_id = :t and event = 'opening_stock'"
    assert truth(opened, t=done.owner.place.tenant_id)[0][0] == done.job.progress["made"]["opened"]
    nothing_differs()


@pytest.mark.soak
@pytest.mark.real_shop
@pytest.mark.skipif(not REAL.is_file(), reason="REAL_SHOP names no file")
def test_a_real_shops_half_year_killed_once(
    bring: Callable[..., Brought], truth: Any, simulator: Judge, post: Gate
) -> None:
    content = gzip.decompress(REAL.read_bytes())
    services = {"SERVICES": f"stripe={simulator.url}"}
    done = bring(REAL.name, REAL.read_bytes(), 245_903, 100_000, seconds=1200, **services)
    print(f"{done.seconds:.0f} s, killed at 100,000 lines; {245_903 / done.seconds:.0f} lines/s")
    print(done.job.result["made"], done.job.result["met"])
    for each in (listed := agree(content, truth, done.owner, done.job_id)):
        print(f"row {each.row}: {each.amount} ({each.rules})")
    assert all("Rounded" in each.rules for each in listed)
    nothing_differs()
    assert simulator.log() == []
    assert post.store.messages == {}
