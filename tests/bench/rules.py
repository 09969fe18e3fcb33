"""Decision tables: the time a large one takes, and how much of the DMN TCK answers as it should."""

from __future__ import annotations

import os
from decimal import Decimal
from pathlib import Path
from statistics import median
from time import perf_counter

from erp.decisions import kit, read
from tests.erp.decisions.rules import file, table

RULES = 200
TIMES = 400


def measure() -> dict[str, float]:
    """dmn.eval_us_200: microseconds to ask a table of 200 rules; dmn.tck2_*: where DMN_TCK names the kit's folder."""
    rows = [(f'"group {number % 20}"', f"[{number}..{number + 50}]", f"{number}") for number in range(RULES)]
    inputs = {"group": ("string", ""), "amount": ("number", "")}
    model = read(file(table(inputs, {"limit": ("number", "")}, rows, policy="COLLECT", aggregation="MAX")))
    taken = []
    for turn in range(TIMES):
        told = {"group": f"group {turn % 20}", "amount": Decimal(turn % RULES)}
        begun = perf_counter()
        model.decide("rules", told)
        taken.append((perf_counter() - begun) * 1e6)
    found = {"dmn.eval_us_200": median(taken)}
    if folder := os.environ.get("DMN_TCK"):
        verdicts = [kit.judged(case).holds for case in kit.cases(Path(folder))]
        found |= {"dmn.tck2_passed": sum(verdicts), "dmn.tck2_total": len(verdicts)}
    return found
