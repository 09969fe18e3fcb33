"""The schema: migrations of core and plugins run as the owner, then grants and policies are laid anew."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy.exc import OperationalError

from erp.data import policies
from erp.data.base import OWNER, Base, mapped_classes
from erp.errors import SetupError

HERE = Path(__file__).parent / "migrations"
CORE = "core"
LOCK = 7_240_119
"""Advisory lock held while migrating: two starters take turns."""


@dataclass(frozen=True)
class Branch:
    """A line of migrations: the core's or a plugin's."""

    name: str
    folder: Path
    tables: set[str]
    depends: tuple[str, ...] = ()
    """The plugins whose tables its own may refer to."""


def configuration(folders: Iterable[Path], connection: sa.Connection | None = None) -> Config:
    """Alembic's configuration; `folders` are the migrations of every plugin there is, enabled or not."""
    found = Config()
    found.set_main_option("script_location", str(HERE))
    found.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    places = dict.fromkeys([HERE / "versions", *(folder for folder in folders if folder.is_dir())])
    found.set_main_option("path_separator", "os")
    found.set_main_option("version_locations", os.pathsep.join(str(place) for place in places))
    found.attributes["connection"] = connection
    return found


def owner_engine(url: str) -> sa.Engine:
    """An engine of the plain login, for migrations only."""
    return sa.create_engine(url, poolclass=sa.NullPool, connect_args={"options": "-c timezone=UTC"})


def migrate(url: str, folders: Iterable[Path], lay: Callable[[sa.Connection], None] | None = None) -> None:
    """Bring the database to the newest schema; raises SetupError with one sentence when it cannot be reached.

    `lay` is called last, as the owner, with what a room above keeps in the database beside tables.
    """
    engine = owner_engine(url)
    try:
        with engine.begin() as connection:
            connection.execute(sa.text("select pg_advisory_xact_lock(:key)"), {"key": LOCK})
            policies.make_roles(connection)
            connection.execute(sa.text(f"set local role {OWNER}"))
            command.upgrade(configuration(folders, connection), "heads")
            policies.lay(connection)
            if lay is not None:
                lay(connection)
    except OperationalError as error:
        raise SetupError(f"The database does not answer: {str(error.orig).strip().splitlines()[0]}") from error
    finally:
        engine.dispose()


@cache
def _scripts(folders: tuple[Path, ...]) -> ScriptDirectory:
    """The migrations this program came with; read once, since load balancers ask every few seconds."""
    return ScriptDirectory.from_config(configuration(folders))


def is_newest(present: Collection[str], folders: Iterable[Path]) -> bool:
    """Whether a database with these revisions has all migrations there are; one that is ahead of this program has."""
    script = _scripts(tuple(folders))
    try:
        applied = {each.revision for each in script.get_all_current(tuple(present))}
    except CommandError:
        return True
    return set(script.get_heads()) <= applied


def drop_branch(url: str, folders: Iterable[Path], name: str) -> None:
    """Undo every migration of one plugin: its tables are gone."""
    engine = owner_engine(url)
    with engine.begin() as connection:
        connection.execute(sa.text("select pg_advisory_xact_lock(:key)"), {"key": LOCK})
        connection.execute(sa.text(f"set local role {OWNER}"))
        command.downgrade(configuration(folders, connection), f"{name}@base")
    engine.dispose()


def make_roles(url: str) -> None:
    """The three roles, for a database that is about to be filled from a dump."""
    engine = owner_engine(url)
    with engine.begin() as connection:
        policies.make_roles(connection)
    engine.dispose()


def tables_of(*packages: str) -> set[str]:
    """Names of the tables declared below these packages."""
    return {
        str(cls.__table__.name)  # type: ignore[attr-defined] # of every table's class
        for cls in mapped_classes()
        if cls.__module__.startswith(packages)
    } | {
        table.name
        for table in Base.metadata.tables.values()
        if table.name.startswith("ab_") and "flask_appbuilder" in packages
    }


def revise(url: str, folders: Iterable[Path], branch: Branch, message: str) -> Path | None:
    """Write the migration that brings one branch's tables to what is declared; None when nothing differs."""
    engine = owner_engine(url)
    try:
        with engine.connect() as connection:
            policies.make_roles(connection)
            connection.execute(sa.text(f"set role {OWNER}"))
            found = configuration([*folders, branch.folder], connection)
            found.attributes["tables"] = branch.tables
            number = len(list(branch.folder.glob("*.py"))) + 1
            is_first = number == 1
            below = _newest_below(ScriptDirectory.from_config(found), branch, is_first=is_first)
            made = command.revision(
                found,
                message=message,
                autogenerate=True,
                head="base" if is_first else f"{branch.name}@head",
                branch_label=branch.name if is_first else None,
                version_path=str(branch.folder),
                rev_id=f"{branch.name}_{number:04d}",
                depends_on=below or None,  # type: ignore[arg-type] # several are meant
            )
    finally:
        engine.dispose()
    path = Path(str(getattr(made, "path", ""))) if made else None
    if path is not None and "op." not in path.read_text():
        path.unlink()
        return None
    return path


def _newest_below(script: ScriptDirectory, branch: Branch, *, is_first: bool) -> list[str]:
    """The newest migrations of what a branch depends on, without those it stands on already.

    A branch's name alone would mean its first migration, which has not all of its tables.
    """
    below = {CORE, *branch.depends} - {branch.name}
    heads = {
        revision.revision for revision in script.walk_revisions()
        if revision.is_head and below & revision.branch_labels
    }  # fmt: skip
    own = () if is_first else script.iterate_revisions(f"{branch.name}@head", "base", implicit_base=True)
    return sorted(heads - {each.revision for each in own})
