"""Backups of the embedded database: a dump every night, and restoring one by one command."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
from psycopg import sql
from sqlalchemy.engine import make_url

from erp import clock
from erp.config import Settings
from erp.errors import SetupError
from erp.run import children, postgres, supervisor

KEPT = 7
NIGHTLY = "millrace-*.dump"
DAY = 24 * 60 * 60


def nightly(settings: Settings) -> Path | None:
    """Dump the embedded database and keep the last seven; None on a server of the user's own, who dumps it there."""
    if not is_embedded(settings):
        return None
    made = dump(settings)
    for old in sorted(_folder(settings).glob(NIGHTLY))[:-KEPT]:
        old.unlink()
    return made


def look(settings: Settings) -> None:
    """Dump unless the newest nightly dump is younger than a day; asked often, so that a restart forgets nothing."""
    dumps = [path.stat().st_mtime for path in _folder(settings).glob(NIGHTLY)]
    if not dumps or time.time() - max(dumps) >= DAY:
        nightly(settings)


def is_embedded(settings: Settings) -> bool:
    """Whether DATABASE_URL, as the supervisor gave it, is the embedded database of this installation."""
    link = settings.var / "sockets"
    return link.is_symlink() and settings.database_url == postgres.url(link.readlink())


def save(settings: Settings) -> str:
    """`erp backup`: dump now, whether the application runs or not; a sentence saying where it is."""
    _embedded_only(settings)
    with supervisor.connected(settings) as ready:
        made = nightly(ready)
    return (
        f"The database is saved in {made}. Uploaded and printed files are not in it: "
        f"copy the folder {settings.files} together with it."
    )


def dump(settings: Settings, stem: str = "millrace") -> Path:
    """Write a dump of the embedded database, which must run; its path. Raises SetupError when the disk is full."""
    folder = _folder(settings)
    target = folder / f"{stem}-{clock.now():%Y-%m-%d-%H%M%S-%f}.dump"
    part = target.with_suffix(".part")
    address = make_url(settings.database_url or "")
    command = [postgres.program("pg_dump"), "--format=custom", "--host", str(address.query["host"])]
    done = _tool([*command, "--username", postgres.SUPERUSER, "--file", str(part), address.database or ""])
    if done.returncode:
        part.unlink(missing_ok=True)
        if "No space left on device" in done.stderr:
            raise children.disk_full(folder)
        raise SetupError(f"The database could not be saved: {_last(done.stderr)}")
    part.rename(target)
    return target


def restore(settings: Settings, file: Path, prepare: Callable[[str], None] = lambda _: None) -> str:
    """`erp restore FILE`: replace the embedded database by a dump; a sentence saying what was done.

    `prepare` is given the URL of the fresh, empty database and makes the roles a dump refers to. The present
    database stays until the new one is complete, and is itself dumped first. Raises SetupError.
    """
    _embedded_only(settings)
    if not file.is_file():
        raise SetupError(f"There is no file {file}.")
    if _tool([postgres.program("pg_restore"), "--list", str(file)]).returncode:
        raise SetupError(f"{file} is not a backup made by `erp backup`, or it is damaged.")
    with supervisor.stopped(settings) as ready:
        before = dump(ready, "before-restore")
        sockets = Path(str(make_url(ready.database_url or "").query["host"]))
        with psycopg.connect(_plain(postgres.url(sockets, "postgres")), autocommit=True) as admin:
            fresh = f"{postgres.DATABASE}_restored"
            _drop(admin, fresh)
            admin.execute(sql.SQL("create database {}").format(sql.Identifier(fresh)))
            try:
                prepare(postgres.url(sockets, fresh))
                _fill(file, sockets, fresh)
            except BaseException:
                _drop(admin, fresh)
                raise
            _swap(admin, fresh)
    return (
        f"The database is restored from {file}; what it was before is in {before}. "
        f"Put the folder {settings.files} that belongs to it back as well, then start."
    )


def _fill(file: Path, sockets: Path, database: str) -> None:
    command = [postgres.program("pg_restore"), "--exit-on-error", "--single-transaction", "--host", str(sockets)]
    done = _tool([*command, "--username", postgres.SUPERUSER, "--dbname", database, str(file.resolve())])
    if done.returncode:
        if "No space left on device" in done.stderr:
            raise children.disk_full(sockets)
        raise SetupError(f"{file} could not be restored, the database is as it was: {_last(done.stderr)}")


def _swap(admin: psycopg.Connection[tuple[object, ...]], fresh: str) -> None:
    """Put the fresh database in the place of the present one, at once or not at all, then drop that."""
    replaced = f"{postgres.DATABASE}_replaced"
    _drop(admin, replaced)
    with admin.transaction():
        for old, new in ((postgres.DATABASE, replaced), (fresh, postgres.DATABASE)):
            admin.execute(sql.SQL("alter database {} rename to {}").format(sql.Identifier(old), sql.Identifier(new)))
    _drop(admin, replaced)


def _drop(admin: psycopg.Connection[tuple[object, ...]], database: str) -> None:
    admin.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(database)))


def _tool(command: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, check=False)


def _last(output: str) -> str:
    lines = [line for line in output.splitlines() if "error:" in line]
    return lines[0] if lines else output.strip()


def _folder(settings: Settings) -> Path:
    folder = settings.var / "backups"
    with children.sentences(folder):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def _plain(url: str) -> str:
    """A URL as psycopg reads it, without SQLAlchemy's driver name."""
    return url.replace("+psycopg", "", 1)


def _embedded_only(settings: Settings) -> None:
    if settings.database_url and not is_embedded(settings):
        raise SetupError(
            "DATABASE_URL names a server of your own: save and restore it with its own pg_dump and pg_restore."
        )
