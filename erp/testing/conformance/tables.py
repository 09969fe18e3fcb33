"""Checks of migrations: one line for each plugin, up and down, and exactly the declared tables."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from erp.data import policies, schema
from erp.data.base import OWNER, Base
from erp.testing.conformance.subjects import loaded, tell

SCRATCH = "conformance_scratch"
MADE, REFERRED = re.compile(r'op\.create_table\(\s*"(\w+)"'), re.compile(r'"(\w+)\.(?:id|tenant_id)"')
"""How migrations say which tables they make, and which their foreign keys lead to."""


def _folders() -> list[Any]:
    return [plugin.folder / "migrations" for plugin in loaded().values()]


def _tables(plugin: str) -> set[str]:
    return schema.tables_of(f"{loaded()[plugin].package}.")


def test_a_plugin_has_one_line_of_migrations(plugin: str) -> None:
    """Its tables have a branch named after it, with one head; it stands on the plugins it depends on."""
    folder = loaded()[plugin].folder / "migrations"
    if not _tables(plugin):
        assert not folder.is_dir(), f"{plugin} has migrations and no tables."
        return
    script = ScriptDirectory.from_config(schema.configuration(_folders()))
    own = [revision for revision in script.walk_revisions() if plugin in revision.branch_labels]
    assert own, f"{plugin} has no migrations: run `erp migration {plugin} first`."
    heads = [revision.revision for revision in own if revision.is_head]
    assert len(heads) == 1, f"{plugin} has {len(heads)} heads: {', '.join(heads)}."
    assert all(str(revision.path).startswith(str(folder)) for revision in own), (
        f"A migration of {plugin} lies elsewhere."
    )


def test_migrations_stand_on_those_they_refer_to(plugin: str) -> None:
    """A table that a foreign key leads to is made by the migration or one below it: alembic orders no others."""
    script = ScriptDirectory.from_config(schema.configuration(_folders()))
    texts = {revision.revision: Path(revision.path).read_text() for revision in script.walk_revisions()}
    maker = {table: name for name, text in texts.items() for table in MADE.findall(text)}
    problems = []
    for name in (name for name in texts if name.rpartition("_")[0] == plugin):
        before = {each.revision for each in script.iterate_revisions(name, "base", implicit_base=True)}
        used = {table: maker[table] for table in REFERRED.findall(texts[name]) if table in maker}
        problems += [
            f"{name} refers to {table}: put {other} into its depends_on."
            for table, other in sorted(used.items()) if other not in before
        ]  # fmt: skip
    tell(problems)


def test_tables_are_as_declared(plugin: str, database: str) -> None:
    """The migrations make what the models say, to the last column."""
    wanted = _tables(plugin)

    def is_ours(item: Any, name: str | None, kind: str, _reflected: bool, _other: Any) -> bool:
        table = item if kind == "table" else getattr(item, "table", None)
        return table is None or table.name in wanted

    def is_named(name: str | None, kind: str, _parents: Any) -> bool:
        return kind != "table" or name in wanted  # others are not even read from the database

    engine = schema.owner_engine(database)
    with engine.connect() as connection:
        options = {"include_name": is_named, "include_object": is_ours, "compare_type": True}
        found = compare_metadata(MigrationContext.configure(connection, opts=options), Base.metadata)
    engine.dispose()
    tell([f'Run `erp migration {plugin} "what changed"`: {difference}' for difference in found])


@contextmanager
def _scratch(url: str) -> Iterator[str]:
    """URL of an empty database on the tests' server."""
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with engine.connect() as connection:
        connection.execute(sa.text(f"drop database if exists {SCRATCH}"))
        connection.execute(sa.text(f"create database {SCRATCH}"))
    made = sa.engine.make_url(url)
    try:
        yield made.set(database=SCRATCH).render_as_string(hide_password=False)
    finally:
        with engine.connect() as connection:
            connection.execute(sa.text(f"drop database if exists {SCRATCH} with (force)"))
        engine.dispose()


def test_migrations_go_up_and_down_again(database: str) -> None:
    """Every migration can be taken back, and applied anew."""
    with _scratch(database) as url:
        engine = schema.owner_engine(url)
        with engine.begin() as connection:
            policies.make_roles(connection)
            connection.execute(sa.text(f"set local role {OWNER}"))
            config = schema.configuration(_folders(), connection)
            command.upgrade(config, "heads")
            before = set(sa.inspect(connection).get_table_names())
            command.downgrade(config, "base")
            left = set(sa.inspect(connection).get_table_names()) - {"alembic_version"}
            assert not left, f"Going down leaves {', '.join(sorted(left))}."
            command.upgrade(config, "heads")
            assert set(sa.inspect(connection).get_table_names()) == before
        engine.dispose()
