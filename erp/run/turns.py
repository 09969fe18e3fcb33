"""Requests of a web process take turns: it has one interpreter, and more at once only get into each other's way."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from threading import BoundedSemaphore
from typing import Any

AT_ONCE = 2
"""Requests that are worked on: while one waits for the database, the other one uses the interpreter."""
PATIENCE = 0.05
"""Seconds a request waits for its turn: one that takes long holds nobody up longer."""

Application = Callable[[Any, Any], Iterable[bytes]]


def in_turn(application: Application) -> Application:
    """The same WSGI application, of which so many are worked on at once; what it streams afterwards takes no turn."""
    turns = BoundedSemaphore(AT_ONCE)

    def run(environ: Any, start_response: Any) -> Iterable[bytes]:
        is_ours = turns.acquire(timeout=PATIENCE)
        try:
            return application(environ, start_response)
        finally:
            if is_ours:
                turns.release()

    return run
