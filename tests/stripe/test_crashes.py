"""Killed at any point, a capture or a refund happens once and is known; `make soak` and `make bench` kill everywhere."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from erp.config import Settings
from tests.stripe.crashes import Run, Tally, Wreck, every_run, some_runs, wrecked


@pytest.fixture(scope="module")
def wreck(app: Flask, settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wreck]:
    """A company with processes to be killed."""
    with wrecked(settings, Path(tmp_path_factory.mktemp("crash")) / "children.log") as found:
        yield found


@pytest.mark.parametrize(
    "runs",
    [
        pytest.param(some_runs(4817), id="some points once"),
        pytest.param(every_run() * 20, id="every point twenty times", marks=pytest.mark.soak),
    ],
)
def test_nothing_is_done_twice_or_lost(wreck: Wreck, runs: list[Run]) -> None:
    shuffled = random.Random(4817).sample(runs, len(runs))
    tally = Tally()
    for run in shuffled:
        wreck.carry_out(run, tally)
    assert tally.notes == []
    assert (tally.runs, tally.duplicates, tally.lost) == (len(runs), 0, 0)
