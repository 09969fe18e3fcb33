"""One command starts everything: database, Redis, migrations, web, workers, scheduler; one signal stops it."""

from __future__ import annotations

import errno
import fcntl
import http.client
import os
import re
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from erp import late, metrics
from erp.config import Settings
from erp.errors import SetupError
from erp.run import children, postgres, redis, serving, simulators
from erp.run.children import Child

if TYPE_CHECKING:
    from gunicorn.app import wsgiapp
else:
    wsgiapp = late.module("gunicorn.app.wsgiapp")

WORKERS = 2
HEALTH = "/health/live"
STOP_SECONDS = 4.0
"""How long web, workers and scheduler may take to end; with Redis and PostgreSQL after them it stays below 10 s."""
LONGEST_DELAY = 30.0
STEADY_SECONDS = 60.0
"""A program that ran this long before it ended starts again at once."""
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Running(SetupError):
    """Another supervisor, or another command, works on this installation."""


@dataclass(frozen=True)
class Steps:
    """What the application does between the database and the web server; each is given settings with both URLs."""

    migrate: Callable[[Settings], None] = lambda _: None
    demo: Callable[[Settings], None] = lambda _: None
    """Called with the embedded database only, after the migrations."""
    welcome: Callable[[Settings], str] = lambda _: ""
    """Lines below the address, once the web answers: who may sign in."""
    command: Callable[[Sequence[str]], int] = lambda _: 0
    """Carries out a command of `erp` with these words: what workers and scheduler do."""


Programs = Callable[[Settings, Mapping[str, str]], Sequence[Child]]


def run(settings: Settings, steps: Steps | None = None, programs: Programs | None = None) -> None:
    """Start everything, supervise it, and return once SIGINT or SIGTERM has stopped it.

    Raises SetupError with one sentence when this machine or these settings do not allow it.
    """
    steps = steps or Steps()
    # nohup ignores SIGHUP on purpose
    heard = [number for number in SIGNALS if signal.getsignal(number) != signal.SIG_IGN or number != signal.SIGHUP]
    handlers = {number: signal.signal(number, signal.default_int_handler) for number in heard}
    try:
        # the stack ends what was started in turn: programs, Redis, PostgreSQL
        with children.sentences(settings.var), alone(settings), ExitStack() as stack:
            try:
                check_port(settings)
                house = House()
                ready = _services(settings, house, stack)
                children.apart(partial(_prepare, ready, steps, embedded=settings.database_url is None))
                if settings.database_url is None:
                    ready = _simulate(ready, house, stack)
                check_port(settings)  # making the demo company takes a while, and others start programs too
                metrics.begin(settings.var / "metrics")
                _open(house, stack, (programs or partial(shipped, steps))(ready, environment(ready)))
                _say(f"\n  Millrace is ready at {ready.address}   (Ctrl-C stops it)\n{steps.welcome(ready)}")
                house.watch()
            finally:
                # a second Ctrl-C must not interrupt an orderly end, which is short anyway
                for number in heard:
                    signal.signal(number, signal.SIG_IGN)
    except KeyboardInterrupt:
        _say("Stopped.")
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)


def environment(settings: Settings) -> dict[str, str]:
    """Environment of the programs: ours, with the URLs of the services that run."""
    return {
        **os.environ,
        "PYTHONUNBUFFERED": "1",
        "MILLRACE_VAR": str(settings.var),
        "HOST": settings.host,
        "PORT": str(settings.port),
        "DATABASE_URL": settings.database_url or "",
        "REDIS_URL": settings.redis_url or "",
        "SIMULATORS": " ".join(f"{name}={address}" for name, address in settings.simulators),
        metrics.FOLDER: str(settings.var / "metrics"),
    }


def shipped(steps: Steps, settings: Settings, env: Mapping[str, str]) -> list[Child]:
    """The programs of an installation, forks of ours; the first is the web server."""
    logs = settings.var / "log"

    def erp(name: str, *words: str) -> Child:
        named = {**env, metrics.PROCESS: name}
        return Child(name, (), logs / f"{name}.log", named, work=partial(steps.command, words))

    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    options = {
        "--config": f"python:{serving.__name__}",
        "--bind": f"{host}:{settings.port}",
    }
    words = ["erp.app:create_app()", *(word for pair in options.items() for word in pair)]
    web = Child(
        name="web",
        command=(),
        work=partial(_serve, words),
        log=logs / "web.log",
        env=env,
        death_signal=signal.SIGTERM,  # the master then ends its workers
        ready=lambda: answers(settings),
    )
    short = [erp(f"worker-{number}", "worker", "--queue", "short") for number in range(1, WORKERS + 1)]
    return [web, *short, erp("worker-long", "worker", "--queue", "long"), erp("scheduler", "scheduler")]


def _serve(words: Sequence[str]) -> None:
    """What `gunicorn` does with these words."""
    sys.argv = ["gunicorn", *words]
    wsgiapp.WSGIApplication("%(prog)s [OPTIONS] [APP_MODULE]", prog="gunicorn").run()


@contextmanager
def alone(settings: Settings) -> Iterator[None]:
    """Hold the installation's lock: one supervisor, or one restore, at a time."""
    # others may walk through (PostgreSQL runs as another user when we are root), not look around
    settings.var.mkdir(mode=0o711, parents=True, exist_ok=True)
    (settings.var / "log").mkdir(mode=0o700, exist_ok=True)
    with (settings.var / "lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            lock.seek(0)
            pid, _, address = lock.read().strip().partition(" ")
            raise Running(
                f"Millrace is already running here, at {address} (process {pid}). "
                f"Stop it first with Ctrl-C in its window or `kill {pid}`."
            ) from error
        lock.truncate(0)
        lock.write(f"{os.getpid()} {settings.address}\n")
        lock.flush()
        yield


@contextmanager
def connected(settings: Settings) -> Iterator[Settings]:
    """Settings with a database that runs, for a single command.

    The user's own; else the embedded one of the supervisor that runs; else the embedded one for this while.
    Only the first two have a Redis.
    """
    link = settings.var / "sockets"
    if settings.database_url:
        postgres.reach(settings.database_url)
        yield settings
        return
    with ExitStack() as stack:
        try:
            ready = stack.enter_context(stopped(settings))
        except Running:
            sockets = link.readlink() if link.is_symlink() else None
            if not sockets or not (sockets / ".s.PGSQL.5432").exists():
                raise
            ready = replace(
                settings,
                database_url=postgres.url(sockets),
                redis_url=settings.redis_url or redis.url(sockets),
            )
        yield ready


@contextmanager
def stopped(settings: Settings) -> Iterator[Settings]:
    """The embedded database alone, while nothing else runs; raises Running when the application does."""
    link = settings.var / "sockets"
    with children.sentences(settings.var), alone(settings), ExitStack() as stack:
        sockets = children.socket_folder(link)
        stack.callback(children.drop_socket_folder, link)
        server = postgres.start(_postgres(settings, sockets), sockets)
        stack.callback(server.stop)
        yield replace(settings, database_url=server.url)


def check_port(settings: Settings) -> None:
    """Raise SetupError when the web server could not listen at HOST and PORT."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    # after a supervisor was killed its web server needs a moment to end
    deadline = time.monotonic() + (5 if (settings.var / "sockets").is_symlink() else 0)
    try:
        while True:
            try:
                socket.create_server((settings.host, settings.port), family=family).close()
            except OSError as error:
                if error.errno != errno.EADDRINUSE or time.monotonic() > deadline:
                    raise
                time.sleep(0.1)
            else:
                return
    except OverflowError as error:
        raise SetupError(f"PORT must be below 65536, not {settings.port}.") from error
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise SetupError(
                f"Port {settings.port} is taken by another program. Choose a free one, for example: "
                f"PORT={settings.port + 1} make run"
            ) from error
        raise SetupError(f"Cannot listen at {settings.host}, port {settings.port}: {error.strerror}.") from error


def answers(settings: Settings) -> bool:
    """Whether the web server answers a request, whatever it says."""
    host = {"0.0.0.0": "127.0.0.1", "": "127.0.0.1", "::": "::1"}.get(settings.host, settings.host)  # noqa: S104 compared
    connection = http.client.HTTPConnection(host, settings.port, timeout=10)
    try:
        connection.request("GET", HEALTH)
        connection.getresponse().read()
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
    return True


@dataclass
class Fate:
    """What the supervisor knows of one child."""

    child: Child
    started: float
    failures: int = 0
    again_at: float | None = None
    """When it is started again, None while it runs."""


@dataclass
class House:
    """The children that run, watched from one loop."""

    fates: list[Fate] = field(default_factory=list)

    def add(self, child: Child) -> None:
        """Watch a child that has been started."""
        self.fates.append(Fate(child, time.monotonic()))

    def watch(self) -> None:
        """Start again whatever ends, with growing pauses; only a signal ends this."""
        rounds = 0
        while True:
            for fate in self.fates:
                self._look(fate)
                if rounds % 50 == 0:
                    children.rotate(fate.child.log)
            rounds += 1
            time.sleep(0.2)

    def _look(self, fate: Fate) -> None:
        now = time.monotonic()
        if fate.again_at is not None:
            if now >= fate.again_at:
                self._again(fate)
        elif (code := fate.child.poll()) is not None:
            fate.child.stop()  # what it had forked ends too
            age = now - fate.started
            if code == 0 and age > 1:  # a worker that had done its share
                self._again(fate)
                return
            fate.failures = 1 if age > STEADY_SECONDS else fate.failures + 1
            self._later(fate, f"stopped ({_ending(code)})")

    def _again(self, fate: Fate) -> None:
        fate.again_at = None
        fate.started = time.monotonic()
        try:
            fate.child.launch()
        except (SetupError, OSError) as error:
            fate.failures += 1
            self._later(fate, f"could not start ({error})")

    def _later(self, fate: Fate, what: str) -> None:
        delay = min(2.0 ** (fate.failures - 1), LONGEST_DELAY)
        fate.again_at = time.monotonic() + delay
        _say(f"{fate.child.name} {what}; starting it again in {delay:.0f} s. See {fate.child.log}")


def _services(settings: Settings, house: House, stack: ExitStack) -> Settings:
    """PostgreSQL and Redis, ours or the user's; settings with both URLs."""
    if settings.database_url:
        postgres.reach(settings.database_url)
    if settings.redis_url:
        redis.reach(settings.redis_url)
    ready = settings
    link = settings.var / "sockets"
    sockets = children.socket_folder(link)
    stack.callback(children.drop_socket_folder, link)
    if not settings.database_url:
        _say("Starting the database …")
        server = postgres.start(_postgres(settings, sockets), sockets)
        stack.callback(server.stop, 3)
        house.add(server.child)
        ready = replace(ready, database_url=server.url)
    if not settings.redis_url:
        child = redis.child(settings.var / "redis", sockets, settings.var / "log" / "redis.log")
        stack.callback(child.stop, 1)
        redis.start(child)
        house.add(child)
        ready = replace(ready, redis_url=redis.url(sockets))
    return ready


def _postgres(settings: Settings, sockets: Path) -> Child:
    return postgres.child(settings.var / "postgres", sockets, settings.var / "log" / "postgres.log")


def _prepare(settings: Settings, steps: Steps, *, embedded: bool) -> None:
    try:
        steps.migrate(settings)
        if embedded:
            steps.demo(settings)
    except Exception as error:
        if "No space left on device" in str(error):
            raise children.disk_full(settings.var) from error
        raise


def _simulate(settings: Settings, house: House, stack: ExitStack) -> Settings:
    """Start the simulated services of the demo company; settings that say where they are."""
    started = simulators.wanted(settings, environment(settings))
    for each in started:
        each.child.start()
        stack.callback(each.child.stop, 1)
        house.add(each.child)
    return simulators.connected(settings, started)


def _open(house: House, stack: ExitStack, programs: Sequence[Child]) -> None:
    """Start the programs, the web server before the rest so that the address answers soon."""
    stack.callback(_stop_all, programs)
    for child in programs:
        try:
            child.start()
        except children.Died as died:
            raise SetupError(f"{died.message} {_reason(died.output)}".strip()) from died
        house.add(child)


def _stop_all(programs: Sequence[Child]) -> None:
    """End the programs side by side within STOP_SECONDS."""
    for child in programs:
        child.ask()
    deadline = time.monotonic() + STOP_SECONDS
    for child in programs:
        # asked already: a second signal would mean "at once" to some
        while child.process and child.poll() is None and time.monotonic() < deadline:
            time.sleep(0.02)
        if child.process:
            children.end(child.process, signal.SIGKILL, 1)


def _reason(output: str) -> str:
    """The line of a traceback that names the error, else nothing; the log keeps a traceback in one line."""
    output = output.replace("\\n", "\n").replace('"}\n', "\n")
    return next((line for line in reversed(output.splitlines()) if re.match(r"[\w.]+(Error|Exception): ", line)), "")


def _ending(code: int) -> str:
    return f"exit code {code}" if code >= 0 else f"killed by {signal.Signals(-code).name}"


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
