"""Finding among a million documents of fifty companies, by what people type, in the whole shell, signed in."""

from __future__ import annotations

import random
import statistics
import time

from erp.data import schema
from erp.documents import searching
from erp.provision import Provision
from tests.bench import lists
from tests.bench.site import Site

TENANTS = 50
EACH = 20_000
CUSTOMERS = 400
NAMES = ("Amina", "Otieno", "Wanjiru", "Fatuma", "Peter", "Naomi", "Joseph", "Mercy", "Samuel", "علی", "مریم")
PEOPLE = """
insert into party (tenant_id, name, kind, phone, version, created_at, created_by, updated_at, updated_by, extra,
    number{columns})
select :tenant, (cast(:names as text[]))[1 + g % 11] || ' ' || (cast(:names as text[]))[1 + g / 11 % 11] || ' ' || g,
    'person', '+254 7' || (10000000 + (g::bigint * 7919) % 89999999), 1, now(), 'x', now(), 'x', '{{}}', 'S' || g{values}
from generate_series(1, :count) g
"""


def measure(site: Site) -> dict[str, float]:
    """search.ms_p95: a suggestion as the browser asks for it; search.ms_median, search.write_ms beside it."""
    client = site.client()
    for place in _places(site):
        _fill(site, *place)
    written = _read(site)
    taken = []
    for text in _questions():
        start = time.perf_counter()
        answer = client.get("/search/suggest", query_string={"q": text})
        taken.append((time.perf_counter() - start) * 1000)
        assert answer.status_code == 200, answer.status
    return {
        "search.ms_p95": sorted(taken)[int(len(taken) * 0.95)],
        "search.ms_median": statistics.median(taken),
        "search.index_us": written,
    }


def _places(site: Site) -> list[tuple[int, int, int]]:
    """(tenant, company, branch) of the site's own and of the others."""
    with Provision(site.url) as owner:
        others = [
            owner.tenant(
                f"Company {number}", f"search-{number}", currency="KES", country="KE", timezone="Africa/Nairobi"
            )
            for number in range(TENANTS - 1)
        ]
    found = [site.place, *others]
    return [(each.tenant_id, each.company_id, next(iter(each.branch_ids.values()))) for each in found]


def _fill(site: Site, tenant: int, company: int, branch: int) -> None:
    """Customers and orders of one company; the triggers are left out, `_read` does their work at once."""
    with lists.without_triggers(site, "party", "repair_order"):
        lists.run_filled(site, PEOPLE, tenant=tenant, names=list(NAMES), count=CUSTOMERS)
        first = site.run_sql("select max(id) from party where tenant_id = :t", t=tenant)[0][0] - CUSTOMERS + 1
        lists.fill(site, tenant, company, branch, first=first, customers=CUSTOMERS, low=1, high=EACH)


def _read(site: Site) -> float:
    """Microseconds a row takes to be read into the index."""
    engine = schema.owner_engine(site.url)
    start = time.perf_counter()
    with engine.begin() as connection:
        rows = sum(searching.fill(connection, table) for table in ("party", "repair_order"))
    engine.dispose()
    taken = time.perf_counter() - start
    site.vacuum("search_entry", "party", "repair_order")
    return taken / rows * 1e6


def _questions() -> list[str]:
    """Numbers whole and begun, names, phones with and without their zero, serials, several words, and nothing."""
    dice = random.Random(7)
    found = []
    for _round in range(40):
        number = dice.randrange(1, EACH)
        phone = str(10000000 + dice.randrange(1, CUSTOMERS) * 7919 % 89999999)
        name, other = dice.sample(NAMES, 2)
        found += [
            f"BN-{number}", f"bn{number}", f"BN-{str(number)[:2]}", f"SN{number}", f"sn{str(number)[:3]}", name,
            name[:2], f"{name} {other}", f"canon {other[:3]}", f"07{phone[:3]} {phone[3:6]}", f"+2547{phone}", phone[3:],
            "canon", "c", f"R6 {number}", "zebra", str(number), "b",
        ]  # fmt: skip
    return found
