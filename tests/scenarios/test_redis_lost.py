"""Redis only wakes: whatever it loses, every row is done all the same."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from flask import Flask

from erp.config import Settings
from erp.jobs import outbox, redis_queue
from erp.run import redis as embedded
from erp.run.children import Child
from tests.scenarios.processes import PROMISE, Crew, Gate, environment, until
from tests.scenarios.watched import Watched


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Child, str]]:
    """A Redis that is stopped and started while others work with it."""
    folder = tmp_path_factory.mktemp("lost")
    sockets = tmp_path_factory.mktemp("s")
    child = embedded.child(folder / "data", sockets, folder / "redis.log")
    embedded.start(child)
    yield child, embedded.url(sockets)
    child.stop()


@pytest.fixture(scope="module")
def hired(
    app: Flask, settings: Settings, server: tuple[Child, str], post: Gate, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Crew]:
    """Workers and a scheduler at the Redis that is lost."""
    url = server[1]
    crew = Crew(environment(settings, REDIS_URL=url, SMTP_URL=post.url), tmp_path_factory.mktemp("crew"))
    crew.hire(workers=2)
    crew.ready()
    redis_queue.wake_with(redis_queue.connect(url))
    yield crew
    outbox.set_waker(None)
    crew.dismiss()


@pytest.fixture
def crew(hired: Crew) -> Crew:
    """The crew at work, nobody replaced: all must have lived through the test before."""
    assert hired.all_alive()
    return hired


def test_emptied_while_rows_wait_and_while_one_runs(
    crew: Crew, server: tuple[Child, str], post: Gate, watched: Watched
) -> None:
    watched.inspected()
    post.stop_once("before", watched.address)
    watched.shop.quote()
    assert post.reached.wait(PROMISE)
    with redis.Redis.from_url(server[1]) as connection:
        connection.flushall()
    post.open()
    watched.is_quoted_once()
    assert crew.all_alive()


def test_emptied_before_anybody_has_taken_the_row(crew: Crew, server: tuple[Child, str], watched: Watched) -> None:
    """The row was told, the relay trusts in that for a while, and the telling is lost."""
    watched.inspected()
    crew.stop()
    watched.shop.quote()
    with redis.Redis.from_url(server[1]) as connection:
        connection.flushall()
    crew.go_on()
    watched.is_quoted_once()


def test_restarted_with_nothing_kept_while_a_mail_is_sent(
    crew: Crew, server: tuple[Child, str], post: Gate, watched: Watched
) -> None:
    child, _url = server
    watched.inspected()
    post.stop_once("before", watched.address)
    watched.shop.quote()
    assert post.reached.wait(PROMISE)
    child.stop()
    forget(child)
    post.open()
    until(lambda: watched.state == "quoted" and watched.open == ["decide_quote"])
    embedded.start(child)
    watched.is_quoted_once()
    assert crew.all_alive()


def test_away_while_people_work(crew: Crew, server: tuple[Child, str], watched: Watched) -> None:
    """Nobody is refused and nothing is lost; it goes on when Redis is back."""
    child, _url = server
    watched.inspected()
    child.stop()
    watched.shop.quote()
    assert watched.row("render_quotation").state == "waiting"
    embedded.start(child)
    watched.is_quoted_once()
    assert crew.all_alive()


def forget(child: Child) -> None:
    """Nothing of what Redis kept on disk is left."""
    data = Path(child.command[child.command.index("--dir") + 1])
    for kept in data.rglob("*"):
        if kept.is_file():
            kept.unlink()
