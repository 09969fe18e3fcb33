"""The programs by themselves, as the operator's guide starts them beside servers of one's own."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from erp import clock
from erp.config import Settings
from erp.data.base import transaction
from erp.jobs.models import DONE
from erp.people import letters
from erp.run.children import Child
from erp.run.programs import answers
from erp.testing.pytest_plugin import Company
from tests.erp.run.installation import Installation, free_port

BIN = Path(sys.executable).parent


@pytest.fixture
def start(settings: Settings, redis_url: str, tmp_path: Path) -> Iterator[Callable[..., Child]]:
    """Starts a program of the environment; it is ended with the test."""
    made: list[Child] = []
    env = Installation(settings.var, settings.port).environment(
        DATABASE_URL=settings.database_url, REDIS_URL=redis_url, SECRET_KEY=settings.secret_key
    )

    def started(*words: str, ready: Callable[[], bool] | None = None) -> Child:
        made.append(Child(words[0], [str(BIN / words[0]), *words[1:]], tmp_path / f"{len(made)}.log", env, ready=ready))
        made[-1].start()
        return made[-1]

    yield started
    for child in made:
        child.ask()
    for child in made:
        child.stop(5)


def sockets(process: int) -> list[str]:
    """The sockets a process holds."""
    held = [str(each.readlink()) for each in Path("/proc", str(process), "fd").iterdir()]
    return [each for each in held if each.startswith("socket:")]


def test_each_is_started_by_a_command_of_its_own(
    company: Company, start: Callable[..., Child], settings: Settings, truth: Callable[..., list[Any]]
) -> None:
    grace = company.person("Counter")
    with grace.acting(), transaction():
        request = {"user": grace.user_id, "at": clock.now().isoformat()}
        row = letters.leave(letters.RESET, request).id
    port = free_port()
    words = ("gunicorn", "--config", "python:erp.run.serving", "wsgi:app", "--workers", "1")
    worker, scheduler = start("erp", "worker"), start("erp", "scheduler")
    web = start(*words, "--bind", f"127.0.0.1:{port}", ready=lambda: answers(replace(settings, port=port)))
    assert len(sockets(web.process.pid)) == 1, "who is forked holds where it listens, and is connected with nobody"

    deadline = time.monotonic() + 30
    while truth("select state from job where id = :id", id=row)[0].state != DONE:
        assert time.monotonic() < deadline, worker.output() + scheduler.output()
        assert worker.poll() is scheduler.poll() is None, worker.output() + scheduler.output()
        time.sleep(0.1)
