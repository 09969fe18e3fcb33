"""A worker is killed with SIGKILL in the middle of an import: another goes on where it was, and nothing comes in twice."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from erp.importing import Plan, keep, start
from erp.testing.pytest_plugin import Company
from tests.scenarios.processes import Crew, until

ROWS = 3000
PLAN = Plan.from_json(
    {"type": "party", "key": "number", "sources": {"number": {"column": "no"}, "name": {"column": "name"}}}
)


def test_killed_in_the_middle_of_an_import(long_crew: Callable[..., Crew], company: Company, truth: Any) -> None:
    crew = long_crew()
    content = "no,name\n" + "".join(f"K-{n},{'' if n == ROWS - 1 else f'Customer {n}'}\n" for n in range(ROWS))
    with company.person("TENANT_MANAGER").acting():
        job_id = start(PLAN, keep("customers.csv", content.encode()).id).id

    def job() -> Any:
        return truth("select state, progress, result, attempts from job where id = :i", i=job_id)[0]

    crew.hire(workers=1, queue="long")
    until(lambda: job().progress.get("done", 0) >= 500)
    crew.kill(crew.workers[0])
    assert job().state == "running"
    count = "select count(*), count(distinct number) from party where tenant_id = :t and number like 'K-%'"
    written = truth(count, t=company.place.tenant_id)[0][0]
    assert 0 < written < ROWS
    crew.hire(workers=1, queue="long")
    until(lambda: job().state == "done")
    assert tuple(truth(count, t=company.place.tenant_id)[0]) == (ROWS - 1, ROWS - 1)
    outcome = job().result["outcome"]
    assert (outcome["new"], outcome["unchanged"], outcome["problem_count"]) == (ROWS - 1, 0, 1)
    assert job().attempts == 2
