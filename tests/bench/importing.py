"""A half year of a shop's sales brought in: REAL_SHOP names the file, else one of the same shape is made."""

from __future__ import annotations

import gzip
import os
import random
import time
from pathlib import Path

from erp.importing import Plan, keep, progress, start
from erp.jobs import worker
from erp.provision import Provision
from tests.bench import memory
from tests.bench.site import Site

ROWS, PRODUCTS = 245_903, 3_561
PLAN = Plan.from_json(
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


def measure(site: Site) -> dict[str, float]:
    """import.* of issue three: from the upload to the last record written."""
    name, content = _file()
    assert site.app is not None
    with Provision(site.url) as owner:
        boss = owner.person("wanjiru", "Wanjiru Kamau", "secret")
        owner.member(boss, site.place, "Wanjiru Kamau", ["TENANT_MANAGER"])
    site.user_id, before = boss, site.user_id
    site.act()
    with memory.height() as height:
        began = time.perf_counter()
        job_id = start(PLAN, keep(name, content).id).id
        worker.drain()
        taken = time.perf_counter() - began
    site.act()
    done = progress(job_id)
    assert done.state == "done", done.error
    site.user_id = before
    return {"import.rows_per_s": done.outcome["rows"] / taken, "import.peak_mb": height.mb}


def _file() -> tuple[str, bytes]:
    path = Path(os.environ.get("REAL_SHOP") or "/nowhere")
    if path.is_file():
        return path.name, path.read_bytes()
    chance = random.Random(3)  # the same file each time
    lines = ["InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country"]
    for number in range(ROWS):
        code = chance.randrange(PRODUCTS)
        lines.append(
            f"{536365 + number // 20},{10000 + code}{'a' if number % 7 == 0 else 'A'},HEART T-LIGHT HOLDER {code},"
            f"{chance.randrange(1, 50)},2010-12-{1 + number % 28:02d} 08:26:00,{chance.randrange(1, 4000) / 100},"
            f"{12346 + chance.randrange(3000)}.0,United Kingdom"
        )
    return "sales.csv.gz", gzip.compress("\n".join(lines).encode(), 1)
