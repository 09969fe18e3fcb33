"""Installations of real processes, for the scenarios in which they are killed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from erp.config import Settings
from erp.jobs import outbox, redis_queue
from erp.testing.pytest_plugin import Company
from tests.repairs.conftest import Shop, shop
from tests.scenarios.browser import address, visit
from tests.scenarios.processes import Crew, Gate, environment
from tests.scenarios.watched import Watched

__all__ = ["address", "shop", "visit"]


@pytest.fixture(scope="module")
def post() -> Iterator[Gate]:
    """A mail server of this module."""
    with Gate().serving() as server:
        yield server


@pytest.fixture(scope="module")
def hired(
    app: Flask, settings: Settings, redis_url: str, post: Gate, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Crew]:
    """Workers and a scheduler, and this process telling them of rows as a web process does."""
    folder = tmp_path_factory.mktemp("crew")
    crew = Crew(environment(settings, REDIS_URL=redis_url, SMTP_URL=post.url), folder)
    crew.hire()
    redis_queue.wake_with(redis_queue.connect(redis_url))
    yield crew
    outbox.set_waker(None)
    crew.dismiss()


@pytest.fixture
def crew(hired: Crew) -> Crew:
    """The crew, complete again whatever the test before did to it."""
    hired.hire()
    hired.ready()
    return hired


@pytest.fixture
def long_crew(
    app: Flask, settings: Settings, redis_url: str, post: Gate, tmp_path: Path
) -> Iterator[Callable[..., Crew]]:
    """Engages a scheduler, and whoever is hired for long jobs then; nobody for short ones."""
    made: list[Crew] = []

    def engaged(**more: str) -> Crew:
        made.append(Crew(environment(settings, REDIS_URL=redis_url, SMTP_URL=post.url, **more), tmp_path))
        made[-1].hire(workers=0)
        redis_queue.wake_with(redis_queue.connect(redis_url))
        return made[-1]

    yield engaged
    outbox.set_waker(None)
    for crew in made:
        crew.dismiss()


@pytest.fixture
def watched(company: Company, post: Gate, truth: Callable[..., list[Any]]) -> Watched:
    """A shop of its own whose orders are watched from outside."""
    grace, daniel = company.person("Counter", name="Grace Njeri"), company.person("Technician", name="Daniel Otieno")
    return Watched(Shop(grace, daniel, lambda: 0), post, truth)
