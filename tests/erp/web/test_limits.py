"""Attempts are counted together by all processes when there is a Redis, and by each alone when it is away."""

from __future__ import annotations

from pathlib import Path

import pytest
from limits import RateLimitItemPerMinute

from erp.run import redis
from erp.web.limits import Limits, TooManyRequests

TWICE = RateLimitItemPerMinute(2)


def counted(url: str | None) -> Limits:
    found = Limits()
    found.connect(url)
    return found


def test_each_is_counted_alone_and_told_how_long_to_wait():
    limits = counted(None)
    limits.take(TWICE, "a")
    limits.take(TWICE, "a")
    limits.take(TWICE, "b")
    with pytest.raises(TooManyRequests) as told:
        limits.take(TWICE, "a")
    assert 1 <= told.value.seconds <= 61
    assert told.value.as_json()["error"]["detail"]["retry_after"] == told.value.seconds


def test_two_processes_count_together_in_redis(tmp_path: Path):
    with redis.running(tmp_path / "redis") as url:
        first, second = counted(url), counted(url)
        first.take(TWICE, "a")
        second.take(TWICE, "a")
        with pytest.raises(TooManyRequests):
            first.take(TWICE, "a")
        second.take(TWICE, "b")


def test_a_redis_that_is_away_does_not_stop_anybody(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    limits = counted(f"unix://{tmp_path}/nobody.sock?db=0")
    limits.take(TWICE, "a")
    limits.take(TWICE, "a")
    with pytest.raises(TooManyRequests):
        limits.take(TWICE, "a")
    assert "Redis is away" in caplog.text
