"""One command starts everything: database, Redis, migrations, web, workers, scheduler; one signal stops it."""

from __future__ import annotations

import errno
import fcntl
import os
import re
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from functools import cache, partial
from pathlib import Path

from erp import metrics
from erp.config import Settings
from erp.errors import SetupError
from erp.run import children, forks, postgres, programs, redis, simulators
from erp.run.children import Child
from erp.run.simulators import Simulator

STOP_SECONDS = 4.0
"""How long web, workers and scheduler may take to end; with Redis and PostgreSQL after them it stays below 10 s."""
LONGEST_DELAY = 30.0
STEADY_SECONDS = 60.0
"""A program that ran this long before it ended starts again at once."""


class Running(SetupError):
    """Another supervisor, or another command, works on this installation."""


@dataclass(frozen=True)
class Steps:
    """What the application does, from the start of the database to the web server's; given settings with both URLs."""

    load: Callable[[Settings], None] = lambda _: None
    """Called while the servers start, with the settings as they are."""
    migrate: Callable[[Settings], None] = lambda _: None
    demo: Callable[[Settings], None] = lambda _: None
    """Called with the embedded database only, after the migrations."""
    welcome: Callable[[Settings], str] = lambda _: ""
    """Lines below the address, once the web answers: who may sign in."""
    command: programs.Command = lambda _: 0
    """Carries out a command of `erp` with these words: what workers and scheduler do."""


Programs = Callable[[Settings, Mapping[str, str]], Sequence[Child]]


def run(settings: Settings, steps: Steps | None = None, chosen: Programs | None = None) -> None:
    """Start everything, supervise it, and return once SIGINT or SIGTERM has stopped it.

    Raises SetupError with one sentence when this machine or these settings do not allow it.
    """
    steps = steps or Steps()
    # nohup ignores SIGHUP on purpose
    heard = [
        number for number in forks.STOPPING if signal.getsignal(number) != signal.SIG_IGN or number != signal.SIGHUP
    ]
    handlers = {number: signal.signal(number, signal.default_int_handler) for number in heard}
    # where it is ignored the kernel tells nobody how a child ended
    handlers[signal.SIGCHLD] = signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    try:
        # the stack ends what was started in turn: programs, Redis, PostgreSQL
        with children.sentences(settings.var), alone(settings), ExitStack() as stack:
            try:
                check_port(settings)
                house = House()
                ready = _services(settings, steps, house, stack)
                forks.apart(partial(_prepare, ready, steps, embedded=settings.database_url is None))
                simulated = _simulate(ready, house, stack) if settings.database_url is None else []
                ready = simulators.reached(ready, simulated)
                check_port(settings)  # making the demo company takes a while, and others start programs too
                metrics.begin(settings.var / "metrics")
                _open(house, stack, (chosen or partial(programs.shipped, steps.command))(ready, environment(ready)))
                simulators.connect(simulated)
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


def _services(settings: Settings, steps: Steps, house: House, stack: ExitStack) -> Settings:
    """PostgreSQL and Redis, ours or the user's, beside which the program is loaded; settings with both URLs."""
    if settings.database_url:
        postgres.reach(settings.database_url)
    if settings.redis_url:
        redis.reach(settings.redis_url)
    link = settings.var / "sockets"
    sockets = children.socket_folder(link)
    stack.callback(children.drop_socket_folder, link)
    load = cache(partial(steps.load, settings))  # once: while the database is made, else while it starts
    database = store = None
    if not settings.database_url:
        _say("Starting the database …")
        database = _postgres(settings, sockets, load)
        stack.callback(postgres.stop, database, 3)
        database.launch()
    if not settings.redis_url:
        store = redis.child(settings.var / "redis", sockets, settings.var / "log" / "redis.log")
        stack.callback(store.stop, 1)
        store.launch()
    load()
    return _awaited(settings, database, store, sockets, house)


def _awaited(settings: Settings, database: Child | None, store: Child | None, sockets: Path, house: House) -> Settings:
    """Wait for the servers of ours that were launched; settings with both URLs."""
    if database is not None:
        settings = replace(settings, database_url=postgres.start(database, sockets).url)
        house.add(database)
    if store is not None:
        redis.start(store)
        house.add(store)
        settings = replace(settings, redis_url=redis.url(sockets))
    return settings


def _postgres(settings: Settings, sockets: Path, meanwhile: Callable[[], None] = lambda: None) -> Child:
    log = settings.var / "log" / "postgres.log"
    return postgres.child(settings.var / "postgres", sockets, log, meanwhile=meanwhile)


def _prepare(settings: Settings, steps: Steps, *, embedded: bool) -> None:
    try:
        steps.migrate(settings)
        if embedded:
            steps.demo(settings)
    except Exception as error:
        if "No space left on device" in str(error):
            raise children.disk_full(settings.var) from error
        raise


def _simulate(settings: Settings, house: House, stack: ExitStack) -> list[Simulator]:
    """Start the simulated services of the demo company, not waiting for them."""
    started = simulators.wanted(settings, environment(settings))
    for each in started:
        each.child.start()
        stack.callback(each.child.stop, 1)
        house.add(each.child)
    return started


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
