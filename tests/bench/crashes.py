"""Captures and refunds killed at every named point, twenty times each; the simulated Stripe's log is the judge."""

from __future__ import annotations

import logging
import random
import sys
import tempfile
from pathlib import Path

from erp.config import Settings
from tests.bench.site import Site
from tests.stripe.crashes import Tally, every_run, wrecked

TIMES = 20


def measure(site: Site) -> dict[str, float]:
    """payment.crash.*: how many kills, what was done twice, what was lost or stood still."""
    logging.getLogger("erp.jobs.worker").setLevel(logging.ERROR)  # every lost answer is a warning
    settings: Settings = site.app.config["MILLRACE"]
    runs = every_run() * TIMES
    random.Random(4817).shuffle(runs)
    tally = Tally()
    with tempfile.TemporaryDirectory() as folder, wrecked(settings, Path(folder) / "children.log") as wreck:
        for run in runs:
            wreck.carry_out(run, tally)
    for note in tally.notes:
        print(note, file=sys.stderr)
    return {
        "payment.crash.points": len({(run.what, run.point) for run in runs}),
        "payment.crash.runs": tally.runs,
        "payment.crash.duplicates": tally.duplicates,
        "payment.crash.lost": tally.lost,
    }
