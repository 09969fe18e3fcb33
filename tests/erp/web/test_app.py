"""A process that serves people wakes the workers itself, and says in one sentence why it cannot start."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from erp.app import create_app
from erp.config import Settings
from erp.errors import SetupError
from erp.jobs import outbox
from erp.run import redis


@pytest.fixture(autouse=True)
def _waker_as_before(app: object) -> Iterator[None]:
    """The other tests go on with the application they have."""
    yield
    outbox.set_waker(None)


def test_a_web_process_starts_while_redis_is_away(settings: Settings, tmp_path: Path):
    app = create_app(replace(settings, redis_url=f"unix://{tmp_path}/nobody.sock"))
    assert app.test_client().get("/health/ready").status_code == 200
    outbox.wake(1, 0, "short")  # is left to the relay


def test_workers_are_woken_by_the_process_that_left_the_work(settings: Settings, tmp_path: Path):
    with redis.running(tmp_path / "redis") as url:
        create_app(replace(settings, redis_url=url))
        assert outbox._waker is not None


def test_without_a_database_nothing_starts():
    with pytest.raises(SetupError, match="DATABASE_URL is not set"):
        create_app(Settings(secret_key="x" * 40))
