"""Real processes to be killed: workers, a scheduler, web processes; and what stops them at a chosen moment."""

from __future__ import annotations

import asyncio
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import psycopg
import redis
from aiosmtpd.smtp import SMTP, Envelope, Session
from rq import Worker

from erp import complete, config, prepare
from erp.access import enter_as
from erp.config import Settings
from erp.jobs import redis_queue
from erp.run import forks
from erp.testing.smtp import HOST, Receiver, Store
from tests.scenarios.forked import Forked, Mother

ROOT = Path(__file__).resolve().parents[2]
LEASE = 2
"""Seconds; short, so that a dead worker's row is soon given to another."""
PROMISE = 30
"""Seconds within which everything goes on by itself after a kill."""
T = TypeVar("T")


def until(look: Callable[[], T | None], seconds: float = PROMISE) -> T:
    """What `look` finds, as soon as it finds anything."""
    deadline = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < deadline, f"nothing within {seconds} s"
        time.sleep(0.03)
    return found


def environment(settings: Settings, **changes: str) -> dict[str, str]:
    """What a process of the installation under test is started with."""
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "DATABASE_URL": settings.database_url or "",
        "SECRET_KEY": settings.secret_key,
        "MILLRACE_VAR": str(settings.var),
        "LEASE_SECONDS": str(LEASE),
        **changes,
    }


@dataclass
class Crew:
    """Workers and a scheduler of one installation, each killed and replaced at will."""

    environment: Mapping[str, str]
    folder: Path
    workers: list[Forked] = field(default_factory=list)
    schedulers: list[Forked] = field(default_factory=list)

    @cached_property
    def mother(self) -> Mother:
        """Of whom they are forked."""
        return Mother(self.environment, self.folder / "crew.log")

    def hire(self, workers: int = 3, schedulers: int = 1, queue: str = "short") -> None:
        """Start processes until so many are alive."""
        for words, mine, wanted in (
            (("worker", queue), self.workers, workers),
            (("scheduler",), self.schedulers, schedulers),
        ):
            while len(mine) < wanted:
                mine.append(self.mother.fork(*words))

    def kill(self, process: Forked) -> None:
        """SIGKILL, and wait until it is gone."""
        process.kill()
        for mine in (self.workers, self.schedulers):
            if process in mine:
                mine.remove(process)

    def holder(self, row: int) -> Forked:
        """The worker that has taken this row of `job` from RQ."""

        def look() -> Forked | None:
            with redis.Redis.from_url(self.environment["REDIS_URL"]) as connection:
                for known in Worker.all(connection=connection):
                    if (known.get_current_job_id() or "").startswith(f"{row}-"):
                        return next((each for each in self.workers if each.pid == known.pid), None)
            return None

        return until(look)

    def is_busy(self, process: Forked) -> bool:
        """Whether a worker is at a row."""
        with redis.Redis.from_url(self.environment["REDIS_URL"]) as connection:
            known = [each for each in Worker.all(connection=connection) if each.pid == process.pid]
            return any(each.get_current_job_id() for each in known)

    def ready(self) -> None:
        """Wait until two workers listen; a third may be on its way."""

        def two_listen() -> bool:
            with redis.Redis.from_url(self.environment["REDIS_URL"]) as connection:
                pids = {known.pid for known in Worker.all(connection=connection)}
            return len(pids & {each.pid for each in self.workers}) >= 2

        until(two_listen)

    def stop(self) -> None:
        """Everybody stands still."""
        for process in (*self.workers, *self.schedulers):
            process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """Everybody moves again."""
        for process in (*self.workers, *self.schedulers):
            process.send_signal(signal.SIGCONT)

    def all_alive(self) -> bool:
        """Whether nobody has ended by themselves."""
        return all(process.is_alive() for process in (*self.workers, *self.schedulers))

    def dismiss(self) -> None:
        """Everything is stopped and nothing is left."""
        for process in (*self.workers, *self.schedulers):
            self.kill(process)
        self.mother.end()


class Gate(Receiver):
    """A mail server that stops once at a chosen moment, until it is told how to go on."""

    def __init__(self) -> None:
        super().__init__(Store())
        self.stop_at = ("", "")
        self.reached = threading.Event()
        self.url = ""
        self._hangs_up = False
        self._opened: asyncio.Event
        self._loop: asyncio.AbstractEventLoop
        self._is_up = threading.Event()

    async def handle_RCPT(  # noqa: N802 - the name the server calls
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        await self._stop(server, "asked", [address])
        return await super().handle_RCPT(server, session, envelope, address, options)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        await self._stop(server, "before", envelope.rcpt_tos)
        answer = await super().handle_DATA(server, session, envelope)
        await self._stop(server, "after", envelope.rcpt_tos)
        return answer

    async def _stop(self, server: SMTP, moment: str, recipients: list[str]) -> None:
        if self.stop_at in [(moment, each) for each in recipients]:
            self.stop_at = ("", "")
            self.reached.set()
            await self._opened.wait()
            if self._hangs_up:
                server.transport.abort()

    def stop_once(self, moment: str, address: str) -> None:
        """Stop the next mail to an address when it is `asked` for, or `before` or `after` its content is accepted."""
        self.reached.clear()
        self._loop.call_soon_threadsafe(self._opened.clear)
        self.stop_at = (moment, address)

    def open(self, *, hang_up: bool = False) -> None:
        """Let whoever was stopped go on, or find the connection cut."""
        self._hangs_up = hang_up
        self._loop.call_soon_threadsafe(self._opened.set)

    def held_for(self, address: str) -> dict[str, int]:
        """How often each Message-ID came for this address."""
        with self.store.lock:
            return {each.message_id: each.times for each in self.store.messages.values() if address in each.recipients}

    async def _serve(self) -> None:
        self._loop, self._opened = asyncio.get_running_loop(), asyncio.Event()
        self._done = asyncio.Event()
        server = await self._loop.create_server(lambda: SMTP(self, loop=self._loop, enable_SMTPUTF8=True), HOST, 0)
        self.url = f"smtp://{HOST}:{server.sockets[0].getsockname()[1]}"
        self._is_up.set()
        await self._done.wait()
        server.close()

    @contextmanager
    def serving(self) -> Iterator[Gate]:
        """Take mail for the length of a `with`."""
        thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True)
        thread.start()
        self._is_up.wait(5)
        yield self
        self._loop.call_soon_threadsafe(self._done.set)
        thread.join(5)


class Obstacle:
    """A superuser's lock in somebody's way; whoever runs into it is known."""

    def __init__(self, url: str, statement: str) -> None:
        self._url = url.replace("+psycopg", "")
        self._connection = psycopg.connect(self._url)
        self._connection.execute(statement)
        self._pid = self._connection.info.backend_pid

    def victims(self, seconds: float = 15) -> list[int]:
        """Server processes that wait for the lock, as soon as there are any."""

        return until(self.waiting, seconds)

    def waiting(self) -> list[int]:
        """Server processes that wait for the lock, or for one that waits for it."""
        with psycopg.connect(self._url, autocommit=True) as other:
            rows = other.execute(
                "with recursive behind (pid) as (select %s::integer union select activity.pid from pg_stat_activity activity"
                " join behind on behind.pid = any(pg_blocking_pids(activity.pid))) select pid from behind",
                [self._pid],
            )
            return [row[0] for row in rows if row[0] != self._pid]

    def abandon(self, pids: list[int]) -> None:
        """The server notices at once that these clients are dead."""
        with psycopg.connect(self._url, autocommit=True) as other:
            for pid in pids:
                other.execute("select pg_terminate_backend(%s, 5000)", [pid])

    def clear(self) -> None:
        """Let everybody pass."""
        self._connection.rollback()
        self._connection.close()


@contextmanager
def obstacle(url: str, statement: str) -> Iterator[Obstacle]:
    """A lock for the length of a `with`, or until it is cleared."""
    made = Obstacle(url, statement)
    try:
        yield made
    finally:
        if not made._connection.closed:
            made.clear()


# -- web processes ---------------------------------------------------------------------------------------


class Web:
    """Starts processes that complete a task as a web worker would; a prepared one is forked for each."""

    def __init__(self, environment: Mapping[str, str], log: Path) -> None:
        with log.open("ab") as output:
            self._mother = subprocess.Popen(
                [sys.executable, "-m", "tests.scenarios.processes"], env=dict(environment), cwd=ROOT,
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=output,
            )  # fmt: skip

    def complete(self, user_id: int, tenant_id: int, task_id: int, answers: Mapping[str, Any]) -> int:
        """Begin to complete a task; returns the process's id."""
        assert self._mother.stdin is not None
        assert self._mother.stdout is not None
        self._mother.stdin.write(pickle.dumps((user_id, tenant_id, task_id, dict(answers))).hex().encode() + b"\n")
        self._mother.stdin.flush()
        return int(self._mother.stdout.readline())

    def stop(self) -> None:
        """No more requests."""
        for pipe in (self._mother.stdin, self._mother.stdout):
            assert pipe is not None
            pipe.close()
        self._mother.wait(10)


def is_alive(pid: int) -> bool:
    """Whether a process is still there."""
    return Path("/proc", str(pid)).exists()


def _serve_web() -> None:
    forks.die_with_parent()
    settings = config.from_env()
    prepare.prepare(settings)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            forks.die_with_parent()
            _complete(settings, *pickle.loads(bytes.fromhex(line.strip())))
            os._exit(0)
        print(child, flush=True)


def _complete(settings: Settings, user_id: int, tenant_id: int, task_id: int, answers: Mapping[str, Any]) -> None:
    assert settings.redis_url is not None
    redis_queue.wake_with(redis_queue.connect(settings.redis_url))
    assert enter_as(user_id, tenant_id, source="web") is not None
    complete(task_id, answers)


if __name__ == "__main__":
    _serve_web()
