"""Periodic functions: the code says which there are, a table says whose turn it is, whatever hosts there are."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from erp import clock, prepare
from erp.jobs import schedules

pytestmark = pytest.mark.usefixtures("app")
HOUR = timedelta(hours=1)


@pytest.fixture
def hours(monkeypatch):
    """Moves the clock forward."""
    now = clock.now()

    def to(count):
        monkeypatch.setattr(clock, "now", lambda: now + count * HOUR)

    to(0)
    return to


def test_the_table_follows_the_code(hours):
    schedules.reconcile({"one": (print, HOUR), "two": (print, 2 * HOUR)})
    assert {row.name: row.period for row in schedules.listed()} == {"one": HOUR, "two": 2 * HOUR}
    schedules.reconcile({"two": (print, HOUR), "three": (print, HOUR)})
    assert {row.name: row.period for row in schedules.listed()} == {"two": HOUR, "three": HOUR}


def test_each_turn_is_taken_once_however_many_hosts_ask(hours):
    schedules.reconcile({"one": (print, HOUR)})
    assert schedules.take(["one"]) == []
    hours(1)
    taken = []
    hosts = [threading.Thread(target=lambda: taken.extend(schedules.take(["one"]))) for _ in range(6)]
    for host in hosts:
        host.start()
    for host in hosts:
        host.join()
    assert taken == ["one"]
    assert schedules.take(["one"]) == []
    hours(2)
    assert schedules.take(["one"]) == ["one"]


def test_a_restart_does_not_put_the_next_turn_off(hours):
    schedules.reconcile({"one": (print, 2 * HOUR)})
    hours(1)
    schedules.reconcile({"one": (print, 2 * HOUR)})
    hours(2)
    assert schedules.take(["one"]) == ["one"]


def test_how_it_went_is_kept(hours):
    def fails():
        raise ValueError("no disk")

    schedules.reconcile({"good": (print, HOUR), "bad": (fails, HOUR)})
    schedules.run("good", lambda: None)
    schedules.run("bad", fails)
    found = {row.name: row for row in schedules.listed()}
    assert (found["good"].error, found["bad"].error) == ("", "ValueError: no disk")
    assert found["bad"].finished_at is not None


def test_what_the_platform_and_its_plugins_mark_is_found():
    assert "erp.jobs.console.forget_the_done" in prepare.periodic()
