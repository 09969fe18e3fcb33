"""Processes of all kinds while webs, workers, the scheduler and the database are killed and Redis forgets everything."""

from __future__ import annotations

import logging
import secrets
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

from erp.config import Settings
from erp.provision import Provision
from erp.run import redis
from erp.testing.pytest_plugin import Company
from tests.bench.site import Site
from tests.chaos.judge import judge
from tests.chaos.mother import EVERY
from tests.chaos.stories import STORIES
from tests.chaos.storm import Storm, found, raised

KILLS, MOST_KILLS, TOLD_EVERY, LIVE = 500, 900, 50, 60
SEED = 4817


def measure(site: Site) -> dict[str, float]:
    """workflow.crash.*: kills, at how many points, and in how many instances a step was doubled, lost or stood still."""
    settings: Settings = site.app.config["MILLRACE"]
    logging.getLogger("erp").setLevel(logging.ERROR)
    _say(f"founding {len(STORIES)} companies, each with a process of its own ...")
    places = found(STORIES, lambda: _company(site))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with (
            redis.running(folder / "redis") as url,
            raised(replace(settings, redis_url=url), places, folder, SEED) as storm,
        ):
            storm.run(_enough(storm), LIVE)
            verdict = judge(storm)
            kills, reached = storm.kills(), storm.reached()
    for note in verdict.notes:
        print(note, file=sys.stderr)
    return {
        "workflow.crash.runs": kills.total(),
        "workflow.crash.points": reached,
        "workflow.crash.instances": verdict.instances,
        "workflow.crash.duplicates": verdict.duplicates,
        "workflow.crash.lost": verdict.lost,
        "workflow.crash.stuck": verdict.stuck,
    }


def _enough(storm: Storm) -> Callable[[], bool]:
    told = [0]

    def enough() -> bool:
        kills = storm.kills().total()
        if kills >= told[0] + TOLD_EVERY:
            told[0] = kills
            _say(f"{kills} kills, {storm.reached()} of {EVERY} points, {storm.begun} instances begun")
        storm.seeks = kills >= KILLS
        return storm.seeks and (storm.reached() == EVERY or kills >= MOST_KILLS)

    return enough


def _say(what: str) -> None:
    print(f"workflow.crash: {what}", flush=True)


def _company(site: Site) -> Company:
    with Provision(site.url) as owner:
        place = owner.tenant(
            "Storm Ltd", f"t-{secrets.token_hex(6)}", currency="KES", country="KE", timezone="Africa/Nairobi",
            tax_rate=Decimal(16), branches=("Westlands",),
        )  # fmt: skip
    return Company(place, site.url)
