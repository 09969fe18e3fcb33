"""Killed at any point, a capture or a refund happens once and is known; `make soak` and `make bench` kill far oftener."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from erp.config import Settings
from tests.stripe.crashes import Tally, Wreck, every_run, wrecked


@pytest.fixture(scope="module")
def wreck(app: Flask, settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wreck]:
    """A company with processes to be killed."""
    with wrecked(settings, Path(tmp_path_factory.mktemp("crash")) / "children.log") as found:
        yield found


@pytest.mark.parametrize(
    "times", [pytest.param(1, id="each point once", marks=pytest.mark.soak), pytest.param(20, marks=pytest.mark.soak)]
)
def test_nothing_is_done_twice_or_lost(wreck: Wreck, times: int) -> None:
    runs = every_run() * times
    random.Random(4817).shuffle(runs)
    tally = Tally()
    for run in runs:
        wreck.carry_out(run, tally)
    assert tally.notes == []
    assert (tally.runs, tally.duplicates, tally.lost) == (len(runs), 0, 0)
