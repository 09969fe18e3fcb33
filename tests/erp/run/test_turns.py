"""Requests take turns in a web process; whoever is slow holds the others up for a moment only."""

import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Event, Lock
from typing import Any

import pytest

from erp.run import turns
from erp.run.turns import AT_ONCE, in_turn


class Slow:
    """An application that answers when it is let go; how many it works on at once."""

    def __init__(self) -> None:
        self.go, self.lock, self.now, self.most = Event(), Lock(), 0, 0

    def __call__(self, _environ: Any, _start_response: Any) -> Iterable[bytes]:
        with self.lock:
            self.now += 1
            self.most = max(self.most, self.now)
        self.go.wait(10)
        with self.lock:
            self.now -= 1
        return [b"done"]


@pytest.fixture
def slow() -> Iterator[Slow]:
    made = Slow()
    yield made
    made.go.set()


def test_two_are_worked_on_and_the_next_one_waits_its_turn(slow: Slow, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(turns, "PATIENCE", 30)
    application = in_turn(slow)
    with ThreadPoolExecutor(AT_ONCE + 1) as people:
        answers = [people.submit(application, {}, None) for _each in range(AT_ONCE + 1)]
        until = time.monotonic() + 5
        while slow.now < AT_ONCE and time.monotonic() < until:
            time.sleep(0.01)
        time.sleep(0.1)  # the next one would have begun
        assert slow.now == AT_ONCE
        slow.go.set()
        assert [each.result(20) for each in answers] == [[b"done"]] * (AT_ONCE + 1)
    assert slow.most == AT_ONCE


def test_who_waits_for_somebody_slow_goes_on_after_a_moment(slow: Slow):
    application = in_turn(slow)
    with ThreadPoolExecutor(AT_ONCE + 1) as people:
        for _each in range(AT_ONCE + 1):
            people.submit(application, {}, None)
        until = time.monotonic() + 5
        while slow.now <= AT_ONCE and time.monotonic() < until:
            time.sleep(0.01)
        assert slow.now == AT_ONCE + 1
        slow.go.set()


def test_a_turn_that_ends_in_an_error_is_given_back(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(turns, "PATIENCE", 30)

    def fails(_environ: Any, _start_response: Any) -> Iterable[bytes]:
        raise ZeroDivisionError

    application = in_turn(fails)
    for _each in range(AT_ONCE + 1):
        began = time.monotonic()
        with pytest.raises(ZeroDivisionError):
            application({}, None)
        assert time.monotonic() - began < 20
