"""Customers of the demo company who are late: each got the first reminder."""

from __future__ import annotations

from random import Random
from typing import Any

from erp import today
from plugins.dunning import jobs

TYPE = "dunning_case"
ANSWERS: dict[str, Any] = {}
WHO = "Wanjiku Kamau"


def load(stage: Any, _rng: Random) -> None:
    """As the nightly job does it."""
    stage.act_as(WHO)
    jobs.begin(today())
