"""Points at which a process ends itself, or the database, hard: they only kill, they change nothing that is done."""

from __future__ import annotations

import os
import signal
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import psycopg
from werkzeug.serving import WSGIRequestHandler, make_server

from erp import config


@dataclass(frozen=True)
class Point:
    """Where a child ends: `before` or `after` a function, in whoever asks, in a worker, or in the web server."""

    who: str
    owner: Any
    name: str
    when: str
    only: Callable[..., bool] = lambda *_args, **_kwargs: True


def arm(point: Point, die: Callable[[], None], skip: int = 0) -> None:
    """Have this process `die` at the point, after it has been passed `skip` times."""
    original = getattr(point.owner, point.name)
    left = [skip + 1]

    def armed(*args: Any, **kwargs: Any) -> Any:
        here = left[0] > 0 and point.only(*args, **kwargs)
        left[0] -= here
        here = here and not left[0]
        if here and point.when == "before":
            die()
        result = original(*args, **kwargs)
        if here and point.when == "after":
            die()
        return result

    setattr(point.owner, point.name, armed)


def kill_self() -> None:
    """SIGKILL, at once."""
    os.kill(os.getpid(), signal.SIGKILL)


def kill_database() -> None:
    """One server process killed hard makes PostgreSQL end all others and recover from its log."""
    url = (config.settings().database_url or "").replace("+psycopg", "")
    with psycopg.connect(url) as connection:
        os.kill(connection.info.backend_pid, signal.SIGKILL)
        time.sleep(0.05)


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: Any) -> None:
        """Say nothing."""


def serve_on(app: Any, listening: socket.socket, *, threaded: bool = False) -> None:
    """Serve an application on a socket that others hold too, until the process ends."""
    port = listening.getsockname()[1]
    make_server("127.0.0.1", port, app, threaded=threaded, request_handler=_Quiet, fd=listening.fileno()).serve_forever(
        0.02
    )
