"""A worker is killed with SIGKILL in the middle of an import: another goes on where it was, and nothing comes in twice."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from erp.importing import Plan, keep, start
from erp.run import children
from erp.testing.pytest_plugin import Company
from tests.scenarios.processes import ROOT, Crew, until

ROWS = 3000
PLAN = Plan.from_json(
    {"type": "party", "key": "number", "sources": {"number": {"column": "no"}, "name": {"column": "name"}}}
)


@pytest.fixture
def hire(crew: Crew) -> Iterator[Callable[[], subprocess.Popen[bytes]]]:
    """Starts a worker for long jobs; the crew's own are for short ones."""
    hired: list[subprocess.Popen[bytes]] = []

    def start_one() -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "erp", "worker", "--queue", "long"]
        hired.append(children.spawn(command, log=crew.folder / "long.log", env=crew.environment, cwd=str(ROOT)))
        return hired[-1]

    yield start_one
    for process in hired:
        process.kill()
        process.wait()


def test_killed_in_the_middle_of_an_import(
    hire: Callable[[], subprocess.Popen[bytes]], company: Company, truth: Any
) -> None:
    content = "no,name\n" + "".join(f"K-{n},{'' if n == ROWS - 1 else f'Customer {n}'}\n" for n in range(ROWS))
    with company.person("TENANT_MANAGER").acting():
        job_id = start(PLAN, keep("customers.csv", content.encode()).id).id

    def job() -> Any:
        return truth("select state, progress, result, attempts from job where id = :i", i=job_id)[0]

    first = hire()
    until(lambda: job().progress.get("done", 0) >= 500)
    first.kill()
    first.wait()
    assert job().state == "running"
    count = "select count(*), count(distinct number) from party where tenant_id = :t and number like 'K-%'"
    written = truth(count, t=company.place.tenant_id)[0][0]
    assert 0 < written < ROWS
    hire()
    until(lambda: job().state == "done")
    assert tuple(truth(count, t=company.place.tenant_id)[0]) == (ROWS - 1, ROWS - 1)
    outcome = job().result["outcome"]
    assert (outcome["new"], outcome["unchanged"], outcome["problem_count"]) == (ROWS - 1, 0, 1)
    assert job().attempts == 2
