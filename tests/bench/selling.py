"""The reports of sales over a million sold lines beside the same SELECT sent by hand, in turn."""

from __future__ import annotations

import re
import statistics
import time
from collections.abc import Mapping, Sequence
from typing import Any

from erp.data.base import reading
from erp.data.tenancy import tell_database
from erp.provision import Provision
from erp.reports import library, parameters, running
from erp.reports.definitions import Report
from tests.bench import lists
from tests.bench.site import Site

SALES, LINES, PRODUCTS = 50_000, 20, 1_000
ROUNDS = 9
YEAR = {"period": "2026-01-01..2026-12-31"}
FILL_PRODUCTS = """
insert into product (tenant_id, name, code, kind, uom_id, unit_price, version, created_at, created_by, updated_at,
    updated_by, extra{columns})
select :tenant, 'Sold ' || g, 'SOLD-' || g, 'goods', (select min(id) from unit where tenant_id = :tenant), 5, 1, now(), '',
    now(), '', '{{}}'{values}
from generate_series(1, :count) g
"""
FILL_SALES = """
insert into sale (tenant_id, company_id, branch_id, number, state, passed_states, currency, sold_at, sold_on, country,
    channel, subtotal, tax, total, cost, tax_totals, version, created_at, created_by, updated_at, updated_by,
    extra{columns})
select :tenant, :company, :branch, 'SOLD-' || g, '', '[]', 'KES', date '2026-01-01' + g % 365, date '2026-01-01' + g % 365,
    'Kenya', 'counter', 200, 32, 232, 80, '[]', 1, now(), '', now(), '', '{{}}'{values}
from generate_series(1, :count) g
"""
FILL_LINES = """
insert into sale_line (tenant_id, document_id, position, product_id, description, quantity, uom, unit_price, net, tax, total,
    cost, taxes{columns})
select :tenant, id, g, :first + (id * :lines + g) % :products, 'Lamp', 2, 'piece', 5, 10, 1.6, 11.6, 4, '[]'{values}
from sale, generate_series(0, :lines - 1) g where tenant_id = :tenant and number like 'SOLD-%'
"""


def measure(site: Site) -> dict[str, float]:
    """report.sales_by_day_vs_sql and by product: as their pages ask for them ÷ their bare SQL."""
    assert site.app is not None
    _fill(site)
    with Provision(site.url) as owner:
        boss = owner.person("seller", "Sue Seller", "secret of the bench")
        owner.member(boss, site.place, "Sue Seller", ["TENANT_MANAGER"])
    before, site.user_id = site.user_id, boss
    site.act()
    found = {f"report.{name}_vs_sql": _against_sql(name) for name in ("sales_by_day", "sales_by_product")}
    site.user_id = before
    return found


def _fill(site: Site) -> None:
    place = site.place
    lists.run_filled(site, FILL_PRODUCTS, tenant=place.tenant_id, count=PRODUCTS)
    first = site.run_sql("select min(id) from product where code like 'SOLD-%'")[0][0]
    branch = next(iter(place.branch_ids.values()))
    with lists.without_triggers(site, "sale"):
        lists.run_filled(site, FILL_SALES, tenant=place.tenant_id, company=place.company_id, branch=branch, count=SALES)
    lists.run_filled(site, FILL_LINES, tenant=place.tenant_id, first=first, products=PRODUCTS, lines=LINES)
    site.vacuum("sale", "sale_line", "product")


def _against_sql(name: str) -> float:
    report = library.reports()[name]
    chosen = parameters.chosen(report, YEAR)
    ours, bare = [], []
    for _round in range(ROUNDS + 1):
        began = time.perf_counter()
        with running.opened(report, chosen, limit=PRODUCTS + 1, seconds=600) as rows:
            found = [tuple(row) for row in rows]
        ours.append(time.perf_counter() - began)
        began = time.perf_counter()
        told = _by_hand(report, chosen.values)
        bare.append(time.perf_counter() - began)
        assert found == told
        assert sum(row[report.selected.index("net")] for row in found) == SALES * LINES * 10
    return statistics.median(ours[1:]) / statistics.median(bare[1:])


def _by_hand(report: Report, values: Mapping[str, Any]) -> Sequence[tuple[Any, ...]]:
    """The rows of its SQL in the same role and under the same guard, in the report's order."""
    given = {name: "null" if value is None else f"%({name})s" for name, value in values.items()}
    sql = re.sub(r"(?<!:):(\w+)", lambda found: given[found[1]], running.narrowed(report))
    order = ", ".join(f"{each[1:]} desc nulls last" if each[0] == "-" else each for each in report.sort)
    names = ", ".join(report.selected)
    with reading() as connection:
        tell_database(connection)
        asked = f"select {names} from ({sql}) report order by {order}"
        return [tuple(row) for row in connection.exec_driver_sql(asked, dict(values)).fetchall()]
