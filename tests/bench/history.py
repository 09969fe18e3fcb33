"""A shop's whole history brought in, with stock and books: REAL_SHOP names the file, else one as dirty is made."""

from __future__ import annotations

import os
import time
from datetime import date
from pathlib import Path

from erp import importing
from erp.jobs import worker
from erp.provision import Provision
from plugins.accounting.api import choose_chart, keeps_books
from plugins.sales.history import runs
from tests.bench.site import Site
from tests.sales.shop_file import made

LINES = 20_000


def measure(site: Site) -> dict[str, float]:
    """import.history_lines_per_s: from the upload to the last entry."""
    assert site.app is not None
    path = Path(os.environ.get("REAL_SHOP") or "/nowhere")
    name, content = (path.name, path.read_bytes()) if path.is_file() else ("shop.csv", made(LINES))
    with Provision(site.url) as owner:
        boss = owner.person("mary", "Mary Poppins", "secret")
        owner.member(boss, site.place, "Mary Poppins", ["TENANT_MANAGER"])
    before, site.user_id = site.user_id, boss
    site.act()
    if not keeps_books():
        choose_chart("general", date(2026, 1, 1))
    began = time.perf_counter()
    kept = importing.keep(name, content)
    job_id = runs.start(runs.recalled(importing.opened(kept.id)), kept.id).id
    worker.drain()
    taken = time.perf_counter() - began
    site.act()
    done = runs.progress(job_id)
    assert done.state == "done", done.error
    site.user_id = before
    return {"import.history_lines_per_s": done.total / taken}
