"""Ten minutes of a busy shop on a million documents: sixteen tills and eight colleagues in the office, over HTTP.

Served as `erp run` serves: gunicorn, two workers for short jobs, one for long ones, the scheduler. Each till sells one to
five things to a customer every 8 to 12 seconds; of a hundred, four bring something back, four are put aside for a
moment, two times somebody looks at the X. Each colleague looks at or does something every 3 to 5 seconds: a list, the
same searched or narrowed, a document of it, a task of a repair. Tills open before and are counted and closed after, the
jobs behind everything are worked off, and then everything has to add up. A task is the press of its button; the page
that comes then is a document.

LOAD_SECONDS and LOAD_DOCUMENTS make it shorter and smaller.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

from erp import checking, create, operations
from erp.data import schema
from erp.data.base import session
from erp.data.organisation import today
from erp.documents import searching
from erp.provision import Provision
from erp.run import redis
from plugins.accounting.api import choose_chart
from plugins.pos import registering
from plugins.sales.models import SaleTender
from plugins.stock.api import Movement, home, place, post
from tests.bench import lists
from tests.bench.notices import programs
from tests.bench.site import PASSWORD, Site
from tests.bench.tills import Counter

SECONDS = int(os.environ.get("LOAD_SECONDS", "600"))
DOCUMENTS = int(os.environ.get("LOAD_DOCUMENTS", "1000000"))
SHARES = {"sale": 60, "repair_order": 30, "invoice": 10}
"""{type: percent of the documents}"""
TILLS, DESKS, PRODUCTS = 16, 8, 1000
COMPANY = "Busy Shop Ltd"
CHECKS = ("accounting", "stock", "sales", "pos")
BOUND = ("checkout", "list", "document", "task")
TASK_EVERY = 16
"""Seconds from one task of a colleague to the next; two tasks belong to a repair."""
FILL_PRODUCTS = """
insert into product (tenant_id, name, code, kind, uom_id, unit_price, version, created_at, created_by, updated_at,
    updated_by, extra{columns})
select :tenant, 'Thing ' || g, 'THING-' || g, 'goods', (select min(id) from unit where tenant_id = :tenant and code = 'piece'),
    100 * (1 + g % 9), 1, now(), '', now(), '', '{{}}'{values}
from generate_series(1, :count) g
"""
FILL_SALES = """
insert into sale (tenant_id, company_id, branch_id, number, state, passed_states, currency, customer_id, sold_at, sold_on,
    country, channel, employee, subtotal, tax, total, tax_totals, version, created_at, created_by, updated_at, updated_by,
    extra{columns})
select :tenant, :company, :branch, 'LS-' || g, '', '[]', 'KES', case when g % 5 = 0 then :first + g % 10000 end, at,
    at::date, 'Kenya', 'counter', 'Tina Till', 200, 32, 232, '[]', 1, at, '', at, '', '{{}}'{values}
from generate_series(1, cast(:count as int)) g, lateral (select now() - interval '365 days' * ((:count - g + 1)::float / :count)
    as at) moments
"""
FILL_SALE_LINES = """
insert into sale_line (tenant_id, document_id, position, product_id, description, quantity, uom, unit_price, net, tax, total,
    taxes{columns})
select tenant_id, id, g, :first + (id * 2 + g) % :products, 'Thing', 1, 'piece', 100, 100, 16, 116, '[]'{values}
from sale, generate_series(0, 1) g where tenant_id = :tenant
"""
FILL_TENDERS = f"""
insert into {SaleTender.__tablename__} (tenant_id, document_id, position, kind, amount{{columns}})
select tenant_id, id, 0, 'cash', total{{values}} from sale where tenant_id = :tenant
"""
FILL_INVOICES = """
insert into invoice (tenant_id, company_id, branch_id, number, state, passed_states, currency, customer_id, due_on,
    issued_on, subtotal, tax, total, tax_totals, version, created_at, created_by, updated_at, updated_by, extra{columns})
select :tenant, :company, :branch, 'LI-' || g, 'issued', '[]', 'KES', :first + g % 10000, at::date + 30, at::date, 100, 16,
    116, '[]', 1, at, '', at, '', '{{}}'{values}
from generate_series(1, cast(:count as int)) g, lateral (select now() - interval '365 days' * ((:count - g + 1)::float / :count)
    as at) moments
"""
FILL_INVOICE_LINES = """
insert into invoice_line (tenant_id, document_id, position, description, quantity, uom, unit_price, net, tax, total,
    taxes{columns})
select tenant_id, id, 0, 'Service', 1, 'piece', 100, 100, 16, 100, '[]'{values} from invoice where tenant_id = :tenant
"""


def measure(site: Site) -> dict[str, float]:
    """load.*: milliseconds of which 95 of 100 stay below, and errors of any kind."""
    assert site.app is not None
    with _company(site) as boss, tempfile.TemporaryDirectory() as folder:
        customer = lists.customers(site)
        counts = {name: DOCUMENTS * share // 100 for name, share in SHARES.items()}
        _fill(site, counts, customer)
        products = _shop(site)
        crowd = {
            "seconds": SECONDS, "products": products, "customers": [customer + n for n in range(500)],
            "documents": counts, "tills": _tills(site, boss), "desks": _desks(site, customer),
        }  # fmt: skip
        locked = _deadlocks(site)
        with redis.running(Path(folder) / "redis") as redis_url, _running(site, Path(folder), redis_url) as port:
            told = _played(Path(folder), {**crowd, "port": port})
            left = _worked_off(site)
        wrong = [*told["errors"], *left, *_differences()]
        print(*wrong[:20], sep="\n", file=sys.stderr)
        return _figures(told) | {"load.errors": len(wrong), "load.deadlocks": _deadlocks(site) - locked}


@contextmanager
def _company(site: Site) -> Iterator[int]:
    """A company of its own, so that everything in it has to add up; the user who may do everything there."""
    before = site.place, site.user_id
    with Provision(site.url) as owner:
        site.place = owner.tenant(
            COMPANY, "load", currency="KES", country="KE", timezone="Africa/Nairobi", tax_rate=Decimal(16),
            branches=("Westlands",),
        )  # fmt: skip
        site.user_id = owner.person("load-boss", "Bea Boss", PASSWORD)
        owner.member(site.user_id, site.place, "Bea Boss", ["TENANT_OWNER", "TENANT_MANAGER"])
    yield site.user_id
    site.place, site.user_id = before


# -- what is there before ----------------------------------------------------------------------------------


def _fill(site: Site, counts: Mapping[str, int], customer: int) -> None:
    """A year of sales, repairs and invoices from before the company kept books, found by search."""
    branch = next(iter(site.place.branch_ids.values()))
    tenant, company = site.place.tenant_id, site.place.company_id
    own = {"tenant": tenant, "company": company, "branch": branch, "first": customer}
    lists.run_filled(site, FILL_PRODUCTS, tenant=tenant, count=PRODUCTS)
    with lists.without_triggers(site, *SHARES):
        lists.run_filled(site, FILL_SALES, **own, count=counts["sale"])
        lists.run_filled(site, FILL_INVOICES, **own, count=counts["invoice"])
        lists.fill(site, tenant, company, branch, first=customer, customers=10_000, low=1, high=counts["repair_order"])
    first = site.run_sql("select min(id) from product where tenant_id = :tenant", tenant=tenant)[0][0]
    lists.run_filled(site, FILL_SALE_LINES, tenant=tenant, first=first, products=PRODUCTS)
    lists.run_filled(site, FILL_TENDERS, tenant=tenant)
    lists.run_filled(site, FILL_INVOICE_LINES, tenant=tenant)
    engine = schema.owner_engine(site.url)
    for table in SHARES:
        with engine.begin() as connection:
            searching.fill(connection, table)
    engine.dispose()
    site.vacuum(*SHARES, "sale_line", SaleTender.__tablename__, "invoice_line", "party", "product", "search_entry")


def _shop(site: Site) -> list[int]:
    """Books that are kept, and shelves that will not be empty; the ids of the products."""
    site.act()
    choose_chart("kenya", today().replace(month=1, day=1))
    rows = site.run_sql("select id from product where tenant_id = :tenant order by id", tenant=site.place.tenant_id)
    found, shelf, outside = [int(row[0]) for row in rows], home().id, place("supplier").id
    for at in range(0, len(found), 100):
        moves = [Movement(each, outside, shelf, Decimal(10**5), value=Decimal(10**6)) for each in found[at : at + 100]]
        post(moves, on=today())
    return found


def _tills(site: Site, boss: int) -> list[dict[str, str]]:
    """The headers of sixteen browsers, each a till with a cashier signed in."""
    site.act()
    shelf = home().id
    terminals = [create("terminal", {"name": f"Till {n}", "location": shelf}).id for n in range(TILLS)]
    found = []
    for at, terminal in enumerate(terminals):
        counter = _signed_in(site, f"cashier-{at}", f"Cashier {at}", ["Cashier"])
        site.user_id = boss
        site.act()
        counter.post("register", {"code": registering.make_code(terminal)})
        found.append(counter.headers())
    return found


def _desks(site: Site, customer: int) -> list[dict[str, Any]]:
    """Eight colleagues with repairs to do."""
    boss = site.user_id
    roles = ["Counter", "Technician", "Accountant"]
    found = []
    for at in range(DESKS):
        headers = _signed_in(site, f"desk-{at}", f"Colleague {at}", roles).headers()
        site.user_id = boss
        site.act()
        wanted = 2 + SECONDS // (2 * TASK_EVERY) * 5 // 4
        found.append({"headers": headers, "orders": [_repair(customer + at * 100 + n) for n in range(wanted)]})
    return found


def _repair(customer: int) -> int:
    made = operations.create("repair_order", {"customer": customer, "item": "Canon EOS R6", "fault": "Error 20"})
    return int(made.id)


def _signed_in(site: Site, name: str, called: str, roles: Sequence[str]) -> Counter:
    """A new member and their browser."""
    with Provision(site.url) as owner:
        site.user_id = owner.person(f"load-{name}", called, PASSWORD)
        owner.member(site.user_id, site.place, called, list(roles))
    client = site.client()
    token = re.search(r'name="csrf-token" content="([^"]+)"', client.get("/profile/").text)
    assert token is not None
    return Counter(client, token[1], 0)


# -- the ten minutes ---------------------------------------------------------------------------------------


@contextmanager
def _running(site: Site, folder: Path, redis_url: str) -> Iterator[int]:
    """The port of the whole installation, all its programs started."""
    port, started = programs(site, folder, redis_url)
    try:
        for each in started:
            each.start()
        yield port
    finally:
        for each in started:
            each.ask()
        for each in started:
            each.stop()


def _played(folder: Path, plan: Mapping[str, Any]) -> dict[str, Any]:
    (folder / "plan.json").write_text(json.dumps(plan))
    command = [sys.executable, "-m", "tests.bench.crowd", str(folder / "plan.json")]
    told: dict[str, Any] = json.loads(subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout)
    print(", ".join(f"{count} {what}" for what, count in sorted(told["done"].items())), file=sys.stderr)
    return told


def _worked_off(site: Site) -> list[str]:
    """What of the jobs behind it went wrong, or is not done within two minutes."""
    waiting = "select count(*) from job where state in ('waiting', 'running') and due_at < now()"
    until = time.monotonic() + 120
    while (count := site.run_sql(waiting)[0][0]) and time.monotonic() < until:
        time.sleep(0.5)
    failed = site.run_sql("select kind, error from job where error <> '' and tenant_id = :t", t=site.place.tenant_id)
    return [f"{count} jobs are not done"] * bool(count) + [f"job {kind}: {error[-300:]}" for kind, error in failed]


def _differences() -> list[str]:
    """What does not add up in this company."""
    session.remove()
    return [line for name in CHECKS for line in checking.differences(name) if line.startswith(f"{COMPANY}: ")]


def _deadlocks(site: Site) -> int:
    return int(site.run_sql("select sum(deadlocks) from pg_stat_database")[0][0])


def _figures(told: Mapping[str, Any]) -> dict[str, float]:
    found = {}
    for kind, taken in told["taken"].items():
        ranked = sorted(taken)
        found[f"load.{kind}_ms_p95"] = ranked[int(len(ranked) * 0.95)]
        if kind in BOUND:
            found[f"load.{kind}_ms_median"] = ranked[len(ranked) // 2]
    return found
