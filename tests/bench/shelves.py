"""What a till loads when it opens: its catalogue of a small shop and of a department store, anew and when nothing changed."""

from __future__ import annotations

import os
import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from erp import create
from erp.provision import Provision
from plugins.pos import registering
from plugins.stock.api import home
from tests.bench.site import Site

SMALL, LARGE = 1_000, int(os.environ.get("BENCH_PRODUCTS", "20000"))
TILLS, ROUNDS = 16, 5
PRODUCTS = """
insert into product (tenant_id, name, code, kind, uom_id, unit_price, version, created_at, created_by, updated_at,
    updated_by, extra)
select :tenant, 'Thing of the shop ' || g, 'SHELF-' || g, 'goods', (select min(id) from unit where tenant_id = :tenant),
    5 + g % 100, 1, now(), '', now(), '', '{}' from generate_series(cast(:first as int), cast(:last as int)) g
"""
BARCODES = """
insert into product_barcode (tenant_id, document_id, position, code, kind, key)
select tenant_id, id, 0, id + 4000000000000, 'other', id + 4000000000000 from product p where code like 'SHELF-%'
and not exists (select 1 from product_barcode b where b.document_id = p.id)
"""
LEVELS = """
insert into stock_level (tenant_id, product_id, location_id, quantity, reserved, is_negative, is_serial)
select tenant_id, id, :place, id % 50, 0, false, false from product p where code like 'SHELF-%'
and not exists (select 1 from stock_level l where l.product_id = p.id)
"""
JSON = {"Accept": "application/json", "Accept-Encoding": "gzip"}


def measure(site: Site) -> dict[str, float]:
    """pos.catalogue_*: asked when a price has changed, when nothing has, and by sixteen tills at once."""
    assert site.app is not None
    with Provision(site.url) as owner:
        site.user_id = owner.person("shelf", "Sue Shelf", "secret of the bench")
        owner.member(site.user_id, site.place, "Sue Shelf", ["TENANT_MANAGER"])
    site.act()
    terminals = [create("terminal", {"name": f"Shelf {n}", "location": home().id}).id for n in range(TILLS)]
    clients = [_till(site, each) for each in terminals]
    found: dict[str, float] = {}
    for name, first, last in (("1k", 1, SMALL), ("20k", SMALL + 1, LARGE)):
        _fill(site, first, last)
        found |= {f"pos.catalogue_{what}_{name}": value for what, value in _asked(site, clients).items()}
    return found


def _fill(site: Site, first: int, last: int) -> None:
    site.run_sql(PRODUCTS, tenant=site.place.tenant_id, first=first, last=last)
    site.run_sql(BARCODES)
    site.act()
    site.run_sql(LEVELS, place=home().id)
    site.vacuum("product", "product_barcode", "stock_level")


def _till(site: Site, terminal_id: int) -> Any:
    client = site.client()
    site.act()
    kept = registering.register(registering.make_code(terminal_id), "bench")
    client.set_cookie("mr_till", kept, path="/till")
    return client


def _asked(site: Site, clients: list[Any]) -> dict[str, float]:
    fresh, same = [], []
    for turn in range(ROUNDS):
        site.run_sql("update product set unit_price = :price where code = 'SHELF-1'", price=10 + turn)
        took, answer = _taken(clients[0])
        fresh.append(took)
        same.append(_taken(clients[0], answer.headers["ETag"])[0])
    with ThreadPoolExecutor(TILLS) as pool:
        began = time.perf_counter()
        slowest = max(pool.map(lambda client: _taken(client)[0], clients))
    return {
        "ms": statistics.median(fresh), "unchanged_ms": statistics.median(same), "kb": len(answer.data) / 1000,
        "16_slowest_ms": slowest, "16_s": time.perf_counter() - began,
    }  # fmt: skip


def _taken(client: Any, mark: str = "") -> tuple[float, Any]:
    began = time.perf_counter()
    answer = client.get("/till/catalogue", headers={**JSON, **({"If-None-Match": mark} if mark else {})})
    assert answer.status_code == (304 if mark else 200), answer.text
    return (time.perf_counter() - began) * 1000, answer
