"""A worker is killed with SIGKILL in the middle of a shop's history: another goes on, and the books still say the file."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pytest

from erp import importing
from erp.checking import differences
from erp.run import children
from erp.testing.pytest_plugin import Company
from plugins.accounting.api import choose_chart
from plugins.sales.history import runs
from tests.sales.shop_file import made
from tests.sales.test_history import agree
from tests.scenarios.processes import ROOT, Crew, until

NAME = "Gifts of Mayfair"


@pytest.fixture
def hire(crew: Crew) -> Iterator[Callable[[], subprocess.Popen[bytes]]]:
    """Starts a worker for long jobs; the crew's own are for short ones."""
    hired: list[subprocess.Popen[bytes]] = []

    def start_one() -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "erp", "worker", "--queue", "long"]
        hired.append(children.spawn(command, log=crew.folder / "history.log", env=crew.environment, cwd=str(ROOT)))
        return hired[-1]

    yield start_one
    for process in hired:
        process.kill()
        process.wait()


def test_killed_in_the_middle_of_a_history(
    hire: Callable[[], subprocess.Popen[bytes]], make_company: Callable[..., Company], truth: Any
) -> None:
    content = made(3000)
    owner = make_company(NAME, currency="GBP", tax_rate="20").person("TENANT_MANAGER")
    with owner.acting():
        choose_chart("uk", date(2026, 1, 1))
        kept = importing.keep("shop.csv", content)
        job_id = runs.start(runs.recalled(importing.opened(kept.id)), kept.id).id

    def job() -> Any:
        return truth("select state, progress, attempts, error from job where id = :i", i=job_id)[0]

    first = hire()
    until(lambda: job().progress.get("done", 0) > 0, seconds=120)
    first.kill()
    first.wait()
    assert job().state == "running"
    assert 0 < job().progress["done"] < 3000
    hire()
    until(lambda: job().state in {"done", "failed"}, seconds=120)
    assert (job().state, job().attempts) == ("done", 2), job().error
    agree(content, truth, owner)
    opened = "select count(*) from stock_move where tenant_id = :t and event = 'opening_stock'"
    assert truth(opened, t=owner.place.tenant_id)[0][0] == job().progress["made"]["opened"]
    for name in ("sales", "stock", "accounting"):
        assert [line for line in differences(name) if line.startswith(NAME)] == []
