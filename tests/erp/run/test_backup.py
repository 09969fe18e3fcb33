"""Dumping every night, restoring by one command."""

from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from erp.config import Settings
from erp.errors import SetupError
from erp.run import backup, supervisor


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(var=tmp_path / "var")


def _run(settings: Settings, statement: str) -> list[tuple[object, ...]]:
    with supervisor.connected(settings) as ready, psycopg.connect(ready.database_url.replace("+psycopg", "")) as found:
        cursor = found.execute(statement)
        return cursor.fetchall() if cursor.description else []


def test_what_was_saved_comes_back_and_what_it_replaced_is_saved_first(settings: Settings):
    _run(
        settings,
        "create role reader; create table kept (n int); insert into kept values (7); grant select on kept to reader",
    )
    assert str(settings.files) in backup.save(settings)
    (saved,) = (settings.var / "backups").glob(backup.NIGHTLY)
    _run(settings, "update kept set n = 8")

    said = backup.restore(settings, saved)
    assert _run(settings, "select n from kept") == [(7,)]
    (before,) = (settings.var / "backups").glob("before-restore-*.dump")
    assert str(before) in said
    backup.restore(settings, before)
    assert _run(settings, "select n from kept") == [(8,)]
    assert _run(settings, "select count(*) from pg_database where datname like 'millrace%'") == [(1,)]


def test_into_an_empty_installation_roles_are_prepared_first(settings: Settings, tmp_path: Path):
    _run(settings, "create role reader; create table kept as select 7 as n; grant select on kept to reader")
    backup.save(settings)
    (saved,) = (settings.var / "backups").glob(backup.NIGHTLY)
    empty = replace(settings, var=tmp_path / "empty")
    with pytest.raises(SetupError, match=r"reader"):
        backup.restore(empty, saved)

    def prepare(url: str) -> None:
        with psycopg.connect(url.replace("+psycopg", "")) as connection:
            connection.execute("create role reader")

    backup.restore(empty, saved, prepare)
    assert _run(empty, "select n from kept") == [(7,)]


def test_a_file_that_is_no_backup_changes_nothing(settings: Settings, tmp_path: Path):
    _run(settings, "create table kept as select 7 as n")
    (tmp_path / "holiday.jpg").write_bytes(b"PGDMP and then nothing")
    for file, sentence in ((tmp_path / "holiday.jpg", "is not a backup"), (tmp_path / "none", "There is no file")):
        with pytest.raises(SetupError, match=sentence):
            backup.restore(settings, file)
    assert _run(settings, "select n from kept") == [(7,)]


def test_restoring_beside_a_running_application_is_refused(settings: Settings, tmp_path: Path):
    with supervisor.connected(settings):
        saved = backup.dump(replace(settings, database_url=_url(settings)))
        with pytest.raises(SetupError, match="already running here"):
            backup.restore(settings, saved)


def test_seven_nights_are_kept(settings: Settings):
    with supervisor.connected(settings) as ready:
        made = [backup.nightly(ready) for _ in range(9)]
        assert sorted((settings.var / "backups").iterdir()) == made[-7:]


def test_a_server_of_ones_own_is_left_alone(settings: Settings):
    own = replace(settings, database_url="postgresql+psycopg://somebody@db.example/erp")
    assert backup.nightly(own) is None
    with pytest.raises(SetupError, match="DATABASE_URL names a server of your own"):
        backup.save(own)


def _url(settings: Settings) -> str:
    with supervisor.connected(settings) as ready:
        return ready.database_url
