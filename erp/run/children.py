"""Child processes that never outlive us, other programs and forks: ended in order, logged to files."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import stat
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from erp.errors import SetupError
from erp.run.forks import Fork, Work, die_with_parent, fork, settle

LOG_LIMIT = 10_000_000
"""Bytes after which a log file becomes `NAME.log.1`."""


class Died(SetupError):
    """A program ended while it was starting; `output` is what it wrote last."""

    def __init__(self, message: str, output: str) -> None:
        super().__init__(message)
        self.output = output


def spawn(
    command: Sequence[str],
    *,
    log: Path,
    env: Mapping[str, str] | None = None,
    cwd: str | None = None,
    death_signal: int = signal.SIGKILL,
) -> subprocess.Popen[bytes]:
    """Start a program in a session of its own that dies with us; call it from the main thread only.

    The kernel sends the signal when the *thread* that started the child ends.
    """
    parent = os.getpid()

    def before_exec() -> None:
        die_with_parent(death_signal)
        if os.getppid() != parent:  # we died before the signal was asked for
            os._exit(1)

    with log.open("ab") as output:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=cwd,
            env=None if env is None else dict(env),
            start_new_session=True,
            preexec_fn=before_exec,  # noqa: PLW1509 the supervisor has one thread
        )


Process = subprocess.Popen[bytes] | Fork


def end(process: Process, stop_signal: int, seconds: float) -> None:
    """Ask a child to stop, then make it and whatever it forked; returns when nothing of it is left."""
    if process.poll() is None:
        process.send_signal(stop_signal)
        try:
            process.wait(max(seconds, 0.1))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    for pid in _session(process.pid):
        with _gone():
            os.kill(pid, signal.SIGKILL)


@contextmanager
def _gone() -> Iterator[None]:
    """A process may end between being seen and being told."""
    try:
        yield
    except (ProcessLookupError, FileNotFoundError):
        return


def _session(leader: int) -> list[int]:
    """Processes of the session a child led; a forked worker may have left its group, never its session."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with _gone():
                # pid (name) state ppid pgrp session …; the name may hold spaces and brackets
                values = (entry / "stat").read_text().rpartition(")")[2].split()
                if int(values[3]) == leader and values[0] != "Z":
                    found.append(int(entry.name))
    return found


@dataclass
class Child:
    """One program under the supervisor."""

    name: str
    command: Sequence[str]
    log: Path
    env: Mapping[str, str] | None = None
    cwd: str | None = None
    stop_signal: int = signal.SIGTERM
    """Asks it to end; after the time given to `stop` it is killed."""
    death_signal: int = signal.SIGKILL
    """Sent by the kernel when the supervisor itself is killed."""
    ready: Callable[[], bool] | None = None
    """Answers whether it serves yet; without it a started program counts as serving."""
    prepare: Callable[[], None] | None = None
    """Called before every start."""
    work: Work | None = None
    """What the command would do, done in a fork of ours that has loaded the program already."""
    process: Process | None = field(default=None, repr=False)
    is_launched: bool = field(default=False, repr=False)
    log_start: int = field(default=0, repr=False)

    def start(self) -> None:
        """Start it, unless it was launched, and wait until it serves; raises Died when it ends instead."""
        if not self.is_launched:
            self.launch()
        self.is_launched = False
        self.wait_ready()

    def launch(self) -> None:
        """Start it without waiting, which the next `start` then does."""
        self.is_launched = True
        if self.prepare:
            self.prepare()
        self.log.parent.mkdir(parents=True, exist_ok=True)
        self.log_start = self.log.stat().st_size if self.log.exists() else 0
        if self.work is None:
            self.process = spawn(self.command, log=self.log, env=self.env, cwd=self.cwd, death_signal=self.death_signal)
        else:
            self.process = fork(self.work, lambda: settle(self.name, self.log, self.env), self.death_signal)

    def wait_ready(self) -> None:
        """Return when it serves; raises Died when it ends instead."""
        while self.ready and not self.ready():
            if self.poll() is not None:
                raise Died(f"{self.name} stopped while it was starting; {self.log} says why.", self.output())
            time.sleep(0.01)

    def poll(self) -> int | None:
        """Its exit code, or None while it runs."""
        return self.process.poll() if self.process else None

    def output(self) -> str:
        """What it wrote since its last start, at most the last 4,000 bytes."""
        if not self.log.exists():
            return ""
        size = self.log.stat().st_size
        with self.log.open("rb") as file:
            file.seek(max(self.log_start if size >= self.log_start else 0, size - 4000))
            return file.read().decode(errors="replace")

    def ask(self) -> None:
        """Send the stop signal and return at once, so that several can end side by side."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(self.stop_signal)

    def stop(self, seconds: float = 5) -> None:
        """End it, politely for `seconds`; nothing of it is left afterwards."""
        if self.process:
            end(self.process, self.stop_signal, seconds)


def rotate(log: Path) -> None:
    """Move a log that has grown too large aside; its writer appends and goes on in the emptied file."""
    if log.exists() and log.stat().st_size > LOG_LIMIT:
        older = log.with_name(log.name + ".1")
        try:
            shutil.copyfile(log, older)
        except OSError:  # a full disk: room matters more than an old log
            older.unlink(missing_ok=True)
        os.truncate(log, 0)


def socket_folder(link: Path) -> Path:
    """A new short private folder for sockets, `link` pointing at it; the folder of an earlier start is removed.

    A socket's path may have 107 bytes, which a deep checkout exceeds.
    """
    drop_socket_folder(link)
    link.parent.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="millrace-"))
    link.symlink_to(folder)
    return folder


def drop_socket_folder(link: Path) -> None:
    """Remove the folder a link of `socket_folder` points at, and the link."""
    if link.is_symlink():
        folder = link.readlink()
        # somebody else may own that name by now
        if folder.name.startswith("millrace-") and folder.is_dir() and not folder.is_symlink():
            shutil.rmtree(folder, ignore_errors=True)
        link.unlink()


@contextmanager
def sentences(place: Path) -> Iterator[None]:
    """Turn what the operating system says of our own folder into one sentence (SetupError)."""
    try:
        yield
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise disk_full(place) from error
        if error.errno in {errno.EACCES, errno.EPERM, errno.EROFS}:
            raise SetupError(
                f"{error.filename or place} cannot be written: it belongs to another user or is read-only. "
                "Start as the user who owns it, or set MILLRACE_VAR to a folder of your own."
            ) from error
        raise


def disk_full(place: Path) -> SetupError:
    """The sentence for a disk without room."""
    return SetupError(f"The disk that holds {place} is full. Free some space on it and start again.")


def owner(path: Path) -> int | None:
    """User id of the owner of a path, None when there is nothing."""
    try:
        return path.stat().st_uid
    except FileNotFoundError:
        return None


def reachable(path: Path) -> bool:
    """Whether every user may walk to this path."""
    return all(stat.S_IMODE(parent.stat().st_mode) & stat.S_IXOTH for parent in path.parents)
