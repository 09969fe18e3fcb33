"""The first page of a list of a million documents, in the whole shell, signed in."""

from __future__ import annotations

import re
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa

from erp import operations
from tests.bench.site import Site

MILLION = 1_000_000
FILL = """
insert into repair_order (tenant_id, company_id, branch_id, number, state, state_at, passed_states, currency, customer_id,
    item, serial, fault, subtotal, tax, total, version, created_at, created_by, updated_at, updated_by, extra{columns})
select :tenant, :company, :branch, 'BN-' || g, 'in_repair', now(), '[]', 'KES',
    :first + g % :customers, 'Canon EOS R6 ' || g, 'SN' || g, 'Does not start', 100, 16, 116, 1, now(), 'Grace', now(), 'Grace',
    '{{}}'{values}
from generate_series(cast(:low as int), cast(:high as int)) g
"""


INSTANCES = """
insert into workflow_instance (tenant_id, definition_id, document_type, document_id, business_key, status, lock_version,
    snapshot, events, started_at)
select tenant_id, :definition, 'repair_order', id, number, 'running', 1, '', 0, now() from repair_order
order by id desc limit 10000
"""
TASKS = """
insert into workflow_task (tenant_id, instance_id, token, element, name, icon, role, form, edits, document_type,
    document_id, title, status, assignee, opened_at, due_at, closed_by)
select tenant_id, id, 'bench-' || id, 'repair', 'Repair', 'tool', 'Technician', '', '[]', document_type, document_id,
    business_key, 'open', '', now(), now() + interval '1 day', '' from workflow_instance where snapshot = ''
"""


def measure(site: Site) -> dict[str, float]:
    """list.* of issue one."""
    client = site.client()
    first = customers(site)
    _orders(site, first, 1, 10_000)
    small = median(lambda: client.get("/repair_order/"))
    _orders(site, first, 10_001, MILLION)
    _tasks(site, first)
    page = client.get("/repair_order/")
    assert page.status_code == 200, page.status
    with counted() as statements:
        client.get("/repair_order/")
    listed, empty = _paired(lambda: client.get("/repair_order/"), lambda: client.get("/search"))
    return {
        "list.queries": len(statements),
        "list.html_kb": len(page.data) / 1000,
        "list.ms": listed * 1000,
        "list.vs_page": listed / empty,
        "list.growth": listed / small,
    }


def have_million(site: Site) -> None:
    """A million documents of the site's company, unless an earlier measurement has made them."""
    assert site.app is not None
    if not site.run_sql("select 1 from repair_order where number = :last", last=f"BN-{MILLION}"):
        _orders(site, customers(site), 1, MILLION)


def customers(site: Site) -> int:
    """Ten thousand customers, once; returns the first one's id."""
    known = site.run_sql(
        "select min(id) from party where tenant_id = :tenant and number like 'B%'", tenant=site.place.tenant_id
    )
    if known[0][0] is not None:
        return int(known[0][0])
    run_filled(
        site,
        "insert into party (tenant_id, name, kind, version, created_at, created_by, updated_at, updated_by, extra,"
        " number{columns}) select :tenant, 'Customer ' || g, 'person', 1, now(), 'x', now(), 'x', '{{}}',"
        " 'B' || g{values} from generate_series(1, 10000) g",
        tenant=site.place.tenant_id,
    )
    return int(site.run_sql("select min(id) from party where tenant_id = :tenant", tenant=site.place.tenant_id)[0][0])


def _tasks(site: Site, customer: int) -> None:
    """An open task for each of the newest ten thousand, so that "where is it" has something to say."""
    site.act()
    operations.create("repair_order", {"customer": customer, "item": "Canon", "fault": "Error 20"})
    definition = site.run_sql("select max(id) from workflow_definition")[0][0]
    site.run_sql(INSTANCES, definition=definition)
    site.run_sql(TASKS)
    site.vacuum("workflow_instance", "workflow_task")


def _orders(site: Site, first: int, low: int, high: int) -> None:
    branch = next(iter(site.place.branch_ids.values()))
    with without_triggers(site, "repair_order"):
        fill(
            site, site.place.tenant_id, site.place.company_id, branch, first=first, customers=10_000, low=low, high=high
        )
    site.vacuum("repair_order", "party")


def fill(
    site: Site, tenant: int, company: int, branch: int, *, first: int, customers: int, low: int, high: int
) -> None:
    """Orders of one company, numbered from `low` to `high`, of customers from `first` on."""
    run_filled(
        site, FILL,
        tenant=tenant, company=company, branch=branch, first=first, customers=customers, low=low, high=high,
    )  # fmt: skip


def run_filled(site: Site, statement: str, **values: Any) -> None:
    """Run an insert in which `{columns}` and `{values}` stand for what its table wants besides: false, 0 or nothing."""
    found = re.search(r"insert into (\w+) \((.*?)\{columns\}", statement, re.DOTALL)
    assert found is not None, statement
    known = set(re.findall(r"\w+", found[2]))
    wanted = site.run_sql(
        "select column_name, data_type from information_schema.columns where table_name = :table"
        " and is_nullable = 'NO' and column_default is null and is_identity = 'NO'",
        table=found[1],
    )
    blank = {"boolean": "false", "integer": "0", "numeric": "0", "jsonb": "'{}'", "bigint": "0"}
    extra = {name: blank.get(kind, "''") for name, kind in wanted if name not in known}
    site.run_sql(
        statement.format(
            columns="".join(f", {name}" for name in extra), values="".join(f", {value}" for value in extra.values())
        ),
        **values,
    )


@contextmanager
def without_triggers(site: Site, *tables: str) -> Iterator[None]:
    """Rows by the million are written without being read into the search index."""
    for table in tables:
        site.run_sql(f"alter table {table} disable trigger user")
    yield
    for table in tables:
        site.run_sql(f"alter table {table} enable trigger user")


@contextmanager
def counted() -> Any:
    """The statements sent to the database meanwhile."""
    found: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        found.append(statement)

    sa.event.listen(sa.Engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", note)


def median(call: Callable[[], Any], times: int = 30) -> float:
    """Seconds a call takes."""
    call()
    taken = []
    for _round in range(times):
        start = time.perf_counter()
        call()
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)


def _paired(one: Callable[[], Any], other: Callable[[], Any], times: int = 40) -> tuple[float, float]:
    """Medians of two calls made in turn."""
    taken: tuple[list[float], list[float]] = ([], [])
    for _round in range(times):
        for call, record in ((one, taken[0]), (other, taken[1])):
            start = time.perf_counter()
            call()
            record.append(time.perf_counter() - start)
    return statistics.median(taken[0]), statistics.median(taken[1])
