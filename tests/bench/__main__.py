"""`make bench`: measure, print each figure beside its bound, write build/bench.json."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from tests.bench import (
    audit,
    counter,
    crashes,
    engine,
    exporting,
    expressions,
    growth,
    history,
    house,
    importing,
    jobs,
    ledger,
    lists,
    load,
    messages,
    notices,
    purchases,
    reporting,
    rules,
    search,
    selling,
    shelves,
    steps,
    stock,
    storms,
    studio,
    tills,
    transfers,
    waiting,
    ways_in,
)
from tests.bench.site import Site
from tests.chaos.mother import EVERY

BOUNDS = {
    "bench.noise": None,
    "report.xlsx_vs_xlsxwriter": 1.2,
    "report.xlsx_peak_vs_xlsxwriter": 2,
    "report.million_rows_s": 60,
    "report.million_rows_peak_mb": None,
    "report.sales_by_day_vs_sql": 1.5,
    "report.sales_by_product_vs_sql": 1.5,
    "list.queries": 9,
    "list.html_kb": 100,
    "list.ms": 20,
    "list.vs_page": 3,
    "list.growth": 1.5,
    "workflow.step_growth": 1.2,
    "workflow.growth.user_loop": 1.2,
    "workflow.growth.script_loop": 1.2,
    "workflow.growth.sequential_mi": 1.2,
    "workflow.growth.parallel_mi": 1.2,
    "workflow.growth.nested_calls": 1.2,
    "workflow.step_vs_commit": 4,
    "workflow.step_vs_psycopg": None,
    "workflow.approval_vs_stock": 1.2,
    "workflow.instances_100k": 1.2,
    "workflow.crash.runs": 500,
    "workflow.crash.points": EVERY,
    "workflow.crash.duplicates": 0,
    "workflow.crash.lost": 0,
    "workflow.crash.stuck": 0,
    "expr.vs_stock": 0.5,
    "workflow.message_ms": 5,
    "workflow.message_sent_ms": None,
    "workflow.message_taken_ms": None,
    "audit.page_ms": 60,
    "audit.deep_ms": 60,
    "audit.rare_ms": 150,
    "search.ms_p95": 150,
    "search.ms_median": None,
    "search.index_us": None,
    "rest.list_ms": 6,
    "rest.queries": 4,
    "rest.deep_ms": 6,
    "document.ms": 60,
    "studio.lint_ms": 50,
    "studio.table_ms": 50,
    "studio.open_ms": 1500,
    "web.js_kb": 150,
    "web.link_kb": 60,
    "export.vs_xlsxwriter": 1.2,
    "export.rows_per_s": None,
    "export.peak_mb": 40,
    "import.rows_per_s": None,
    "import.peak_mb": 60,
    "import.history_lines_per_s": None,
    "payment.crash.points": 12,
    "payment.crash.runs": 240,
    "payment.crash.duplicates": 0,
    "payment.crash.lost": 0,
    "payment.webhook_cpu_ms": None,
    "payment.webhook_ms_p95": 100,
    "payment.webhook_burst_lost": 0,
    "ledger.trial_balance_growth": 2,
    "ledger.trial_balance_ms": None,
    "ledger.fold_lines_per_s": None,
    "stock.moves_vs_bare": 0.25,
    "stock.moves_vs_bare_8": 0.25,
    "stock.on_hand_growth": 1.5,
    "stock.as_of_s": 5,
    "transfer.per_s_1": None,
    "transfer.per_s_8": None,
    "transfer.vs_tryton_8": 8,
    "purchase.per_s_1": None,
    "purchase.per_s_8": None,
    "purchase.vs_tryton_8": 8,
    "pos.add_item_ms_p95": 50,
    "pos.checkout_ms_p95_1": 50,
    "pos.checkout_vs_bare": 6,
    "pos.checkout_queries": 26,
    "pos.cpu_ms": None,
    "pos.per_s_1": None,
    "pos.per_s_8": 60,
    "pos.tryton_per_s_8": None,
    "pos.vs_tryton_8": 25,
    "pos.catalogue_unchanged_ms_20k": 50,
    "pos.catalogue_ms_20k": 600,
    "load.checkout_ms_p95": 200,
    "load.list_ms_p95": 150,
    "load.document_ms_p95": 250,
    "load.task_ms_p95": 200,
    "load.errors": 0,
    "load.deadlocks": None,
    "dmn.eval_us_200": 300,
    "jobs.claim_ms": 5,
    "jobs.vs_rq": 0.25,
    "house.file_lines_max": 400,
    "house.function_lines_max": 60,
}
AT_LEAST = {
    "jobs.vs_rq", "payment.crash.points", "payment.crash.runs", "workflow.crash.points", "workflow.crash.runs",
    "stock.moves_vs_bare", "stock.moves_vs_bare_8", "purchase.vs_tryton_8", "pos.per_s_8", "pos.vs_tryton_8",
    "transfer.vs_tryton_8",
}  # fmt: skip
GROUPS = {
    "house": lambda _site: house.measure(),
    "dmn": lambda _site: rules.measure(),
    "expr": lambda _site: expressions.measure(),
    "workflow.step_growth workflow.approval_vs_stock": lambda _site: engine.measure(),
    "workflow.growth": lambda _site: growth.measure(),
    "bench workflow.step_vs": steps.measure,
    "workflow.instances": waiting.measure,
    "workflow.crash": storms.measure,
    "payment.webhook": notices.measure,
    "payment.crash": crashes.measure,
    "workflow.message": messages.measure,
    "jobs": jobs.measure,
    "list": lists.measure,
    "rest": ways_in.measure_rest,
    "document": ways_in.measure_document,
    "web": ways_in.measure_web,
    "studio": studio.measure,
    "search": search.measure,
    "audit": audit.measure,
    "ledger": ledger.measure,
    "export": exporting.measure,
    "report.xlsx report.million": reporting.measure,
    "report.sales": selling.measure,
    "import.rows import.peak": importing.measure,
    "import.history": history.measure,
    "stock": stock.measure,
    "pos.checkout pos.cpu pos.per_s pos.tryton pos.vs": tills.measure,
    "pos.catalogue": shelves.measure,
    "purchase": purchases.measure,
    "pos.add_item": counter.measure,
    "load": load.measure,
    "transfer": transfers.measure,
}
"""Measurements by the keys they give; cheap ones first."""
TARGET = Path("build/bench.json")


def wanted(keys: str, only: str) -> bool:
    """Whether a group gives the asked key."""
    return not only or any(only.startswith(key) or key.startswith(only) for key in keys.split())


def verdict(key: str, value: float) -> str:
    """The bound in words, and whether it holds."""
    bound = BOUNDS.get(key)
    if bound is None:
        return "stated"
    holds = value >= bound if key in AT_LEAST else value <= bound
    return f"{'>=' if key in AT_LEAST else '<='} {bound:g} {'holds' if holds else 'DOES NOT HOLD'}"


def show(figures: dict[str, float]) -> None:
    """Print a group's figures as soon as it has them: the whole takes long."""
    for key in sorted(figures):
        print(f"{key:32} {figures[key]:>12.3f}   {verdict(key, figures[key])}", flush=True)


def main() -> None:
    """Measure all, or what begins with the key given."""
    only = sys.argv[1] if len(sys.argv) > 1 else ""
    found: dict[str, float] = {}
    load_before = os.getloadavg()[0]
    with Site() as site:
        for keys, measure in GROUPS.items():
            if wanted(keys, only):
                figures = measure(site)
                found.update(figures)
                show(figures)
    print(f"{os.cpu_count()} processors; load {load_before:.1f} before, {os.getloadavg()[0]:.1f} after")
    TARGET.parent.mkdir(exist_ok=True)
    known = json.loads(TARGET.read_text()) if only and TARGET.exists() else {}
    TARGET.write_text(json.dumps({**known, **found}, indent=1, sort_keys=True) + "\n")


if __name__ == "__main__":
    main()
