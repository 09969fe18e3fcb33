"""Processes forked from one that has loaded everything: programs of their own, which never outlive us."""

from __future__ import annotations

import atexit
import ctypes
import math
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from erp import logs, metrics
from erp.errors import ErpError, SetupError

PR_SET_PDEATHSIG = 1
PR_SET_NAME = 15
PATIENCE = 60
"""Seconds a fork that has said everything may take to end."""
STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""What asks a process to end."""
Work = Callable[[], int | None]
"""What a fork does; it ends with this exit code."""


def die_with_parent(death_signal: int = signal.SIGKILL) -> None:
    """Let the kernel send this process `death_signal` when its parent ends; a forked job calls it too."""
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl")


@dataclass
class Fork:
    """A process forked from this one, waited for and told like a `subprocess.Popen`."""

    pid: int
    returncode: int | None = None

    def poll(self) -> int | None:
        """Its exit code, or None while it runs."""
        if self.returncode is None:
            try:
                pid, status = os.waitpid(self.pid, os.WNOHANG)
            except ChildProcessError:  # somebody else has waited for it; subprocess takes it for 0 too
                pid, status = self.pid, 0
            self.returncode = os.waitstatus_to_exitcode(status) if pid else None
        return self.returncode

    def wait(self, timeout: float = math.inf) -> int:
        """Its exit code; raises TimeoutExpired when it runs longer than these seconds."""
        deadline = time.monotonic() + timeout
        while (code := self.poll()) is None:
            if time.monotonic() > deadline:
                raise subprocess.TimeoutExpired("a fork", timeout)
            time.sleep(0.01)
        return code

    def send_signal(self, number: int) -> None:
        """Tell it; nothing happens when it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """End it at once."""
        self.send_signal(signal.SIGKILL)


def fork(work: Work, prepare: Callable[[], None], death_signal: int = signal.SIGKILL) -> Fork:
    """Start a process that has loaded what we have, calls `prepare`, does its work and ends; it dies with us.

    Call it from the main thread, while no other runs and nothing is connected.
    """
    parent = os.getpid()
    sys.stdout.flush()
    sys.stderr.flush()
    # our handlers raise: in the child they would unwind what its parent was about
    heard = signal.pthread_sigmask(signal.SIG_BLOCK, STOPPING)
    try:
        pid = os.fork()
        if pid == 0:
            _live(work, prepare, parent, death_signal)
        return Fork(pid)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, heard)


def _live(work: Work, prepare: Callable[[], None], parent: int, death_signal: int) -> NoReturn:
    """A fork's life; whatever happens it does not go on with what its parent was about."""
    code = 1
    try:
        atexit._clear()  # noqa: SLF001 - our parent's endings are not ours; multiprocessing does the same
        os.setsid()
        die_with_parent(death_signal)
        if os.getppid() == parent:
            _hear_signals()
            prepare()
            code = work() or 0
    except SystemExit as ended:
        code = _exit_code(ended)
    except KeyboardInterrupt:
        code = 130
    except BaseException as error:  # noqa: BLE001 - told, and never our parent's
        sys.stderr.write(f"{logs.trace(type(error), error, error.__traceback__)}\n")
    finally:
        _leave(code)


def _exit_code(ended: SystemExit) -> int:
    """What Python makes of it: a sentence is told, and the code is 1."""
    if ended.code is None or isinstance(ended.code, int):
        return ended.code or 0
    sys.stderr.write(f"{ended.code}\n")
    return 1


def _leave(code: int) -> NoReturn:
    """End as Python does: threads that are no daemons finish what they are about."""
    try:
        threading._shutdown()  # type: ignore[attr-defined]  # noqa: SLF001 - multiprocessing does the same
        atexit._run_exitfuncs()  # noqa: SLF001 - of what was begun in the fork
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(code)


def _hear_signals() -> None:
    """As a new program hears them; one that its starter ignores, as nohup does, stays ignored."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPPING)


def settle(name: str, log: Path, env: Mapping[str, str] | None) -> None:
    """Make a fork a program of its own: its name, log, environment and figures, and no open file of ours."""
    ctypes.CDLL(None).prctl(PR_SET_NAME, name.encode(), 0, 0, 0)
    with Path(os.devnull).open("rb") as nothing, log.open("ab") as output:
        os.dup2(nothing.fileno(), 0)
        os.dup2(output.fileno(), 1)
        os.dup2(output.fileno(), 2)
    _close_all()
    sys.stdout, sys.stderr = (
        os.fdopen(number, "w", buffering=1, errors="backslashreplace", closefd=False) for number in (1, 2)
    )
    if env is not None:
        os.environ.clear()
        os.environ.update(env)
    metrics.share()


def _close_all() -> None:
    """Close every file but the first three: those that are open, as there may be room for a billion."""
    try:
        found = [int(entry.name) for entry in Path("/proc/self/fd").iterdir()]
    except FileNotFoundError:
        os.closerange(3, os.sysconf("SC_OPEN_MAX"))
        return
    for number in found:
        if number > 2:
            os.closerange(number, number + 1)  # it bears that the one that listed them is closed


def apart(work: Callable[[], None]) -> None:
    """Do something in a fork and wait for it, so that no connection, memory or memo of it stays.

    Raises SetupError with the sentence of what it raised.
    """
    reading, writing = os.pipe()

    def telling() -> int:
        try:
            work()
        except ErpError as error:
            os.write(writing, error.message.encode())
            return 1
        return 0

    forked = fork(telling, lambda: None)
    os.close(writing)
    try:
        with os.fdopen(reading) as pipe:
            said = pipe.read()  # up to its end, at which nobody holds the other side
        code = forked.wait(PATIENCE)
    except BaseException:
        forked.kill()
        forked.wait()
        raise
    if code:
        raise SetupError(said or "It could not be prepared; the lines above say why.")
