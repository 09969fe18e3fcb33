"""Two webs, two workers and the scheduler drive processes of all kinds while processes are killed at random.

No step is lost or doubled, and every instance ends as its model says. `make soak` drives a thousand for three minutes.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from erp.config import Settings
from tests.chaos import outside
from tests.chaos.judge import judge
from tests.chaos.kinds import Kind
from tests.chaos.stories import STORIES, some
from tests.chaos.storm import Storm, found, raised


@pytest.mark.usefixtures("app")
@pytest.mark.parametrize(
    ("kinds", "instances", "kills", "seconds"),
    [
        pytest.param(some(), 10, 8, 0, id="sample"),
        pytest.param(STORIES, 1000, 100, 180, id="a thousand for three minutes", marks=pytest.mark.soak),
    ],
)
def test_nothing_is_lost_or_done_twice(
    settings: Settings, redis_url: str, make_company: Callable[..., Any], tmp_path: Path,
    kinds: list[Kind], instances: int, kills: int, seconds: int,
) -> None:  # fmt: skip
    until = time.monotonic() + seconds
    with raised(replace(settings, redis_url=redis_url), found(kinds, make_company), tmp_path, seed=41) as storm:
        storm.run(
            lambda: storm.begun >= instances and storm.kills().total() >= kills and time.monotonic() > until, live=60
        )
        verdict = judge(storm)
        assert verdict.notes == []
        assert (verdict.duplicates, verdict.lost, verdict.stuck) == (0, 0, 0)
        assert verdict.instances >= instances
        notices_what_is_wrong(storm)


def notices_what_is_wrong(storm: Storm) -> None:
    """The judge is worth something: what is lost or done twice on purpose does not escape it."""
    booked = next(each for each in outside.told(storm.log) if each["name"] == "book_carrier")
    with storm.log.open("a") as log:
        log.write(json.dumps({**booked, "key": "another"}) + "\n")
    storm.database.ask(
        "delete from workflow_event where id = (select max(id) from workflow_event where tenant_id = any(%s))",
        list(storm.places),
    )
    storm.database.ask(
        "update workflow_instance set status = 'running' where id = (select max(id) from workflow_instance"
        " where tenant_id = any(%s))", list(storm.places),
    )  # fmt: skip
    verdict = judge(storm)
    assert verdict.duplicates >= 1
    assert verdict.lost >= 1 or verdict.stuck == 1
    assert verdict.stuck == 1


def test_every_story_comes_to_an_end_undisturbed() -> None:
    assert {kind.name for kind in STORIES if not kind.expected.state} == set()
    assert len({kind.name for kind in STORIES}) == len(STORIES)
