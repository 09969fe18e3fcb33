"""The embedded server: what it refuses, and with which sentence."""

import os
import stat
import subprocess
from pathlib import Path

import psycopg
import pytest

from erp.errors import SetupError
from erp.run import children, postgres
from tests.erp.run.installation import Installation


def _start(data: Path):
    return postgres.running(data, fsync=False)


def _reach_until_refused(url: str) -> None:
    """A server reads its new rules a moment after it was told to."""
    for _ in range(100):
        postgres.reach(url)


def test_data_of_another_major_version_are_refused(tmp_path: Path):
    with _start(tmp_path / "data"):
        pass
    (tmp_path / "data" / "PG_VERSION").write_text("15\n")
    with (
        pytest.raises(SetupError, match=r"written by PostgreSQL 15, but PostgreSQL \d+ is installed"),
        _start(tmp_path / "data"),
    ):
        pass


def test_no_permission_outside_its_folder_changes_and_nobody_else_may_look_in(tmp_path: Path):
    private = tmp_path / "private"
    private.mkdir(mode=0o700)
    program = Path(postgres.program("postgres"))
    watched = [*program.parents, program, private, *private.parents]
    before = [path.stat().st_mode for path in watched]
    with _start(private / "data") as server:
        assert stat.S_IMODE(server.sockets.stat().st_mode) == 0o700
        assert stat.S_IMODE((private / "data").stat().st_mode) == 0o700
        with psycopg.connect(server.url.replace("+psycopg", "")) as connection:
            assert connection.execute("show listen_addresses").fetchone() == ("",)
        pid = int((private / "data" / "postmaster.pid").read_text().split()[0])
        assert Path("/proc", str(pid)).stat().st_uid != 0
    assert [path.stat().st_mode for path in watched] == before
    assert not server.sockets.exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs it as another user")
def test_programs_and_data_may_lie_in_a_private_home_of_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    installed = Path(postgres.program("postgres")).parents[1]
    libraries = installed.parent.with_name(installed.parent.name + ".libs")
    (home / "package").mkdir()
    subprocess.run(["cp", "-a", installed, home / "package"], check=True)
    subprocess.run(["cp", "-a", libraries, home], check=True)
    programs = home / "package" / installed.name / "bin"
    monkeypatch.setattr(postgres, "program", lambda name: str(programs / name))
    with _start(home / "data") as server:
        psycopg.connect(server.url.replace("+psycopg", "")).close()
        status = Path("/proc", (home / "data" / "postmaster.pid").read_text().split()[0], "status").read_text()
    read_and_search = 1 << 2
    assert int(status.partition("CapEff:")[2].split()[0], 16) == read_and_search
    assert int(status.partition("Uid:")[2].split()[0]) != 0


def test_a_deep_folder_is_no_obstacle(tmp_path: Path):
    with _start(tmp_path / ("deep" * 20) / ("deeper" * 20) / "data") as server:
        psycopg.connect(server.url.replace("+psycopg", "")).close()


def test_an_interrupted_first_start_is_begun_again(tmp_path: Path):
    (tmp_path / "data.new").mkdir()
    (tmp_path / "data.new" / "PG_VERSION").write_text("18\n")
    with _start(tmp_path / "data"):
        assert not (tmp_path / "data.new").exists()


def test_a_lock_file_left_by_a_power_cut_does_not_block_the_start(tmp_path: Path):
    data = tmp_path / "data"
    with _start(data):
        left = (data / "postmaster.pid").read_text()
    # the number is in use again, by a program that is no PostgreSQL
    (data / "postmaster.pid").write_text(left.replace(left.split("\n")[0], str(os.getpid()), 1))
    with _start(data) as server:
        psycopg.connect(server.url.replace("+psycopg", "")).close()


def test_a_wrong_password_for_a_server_of_ones_own_is_one_sentence(tmp_path: Path):
    with _start(tmp_path / "data") as server:
        postgres.reach(server.url)
        with psycopg.connect(server.url.replace("+psycopg", ""), autocommit=True) as connection:
            connection.execute("alter role postgres password 'right'")
            (tmp_path / "data" / "pg_hba.conf").write_text("local all all scram-sha-256\n")
            connection.execute("select pg_reload_conf()")
            wrong = server.url.replace("postgres@", "postgres:wrong@")
            with pytest.raises(SetupError, match=r"^The database at .*password.*Correct DATABASE_URL") as said:
                _reach_until_refused(wrong)
            assert "wrong" not in said.value.message


def test_too_little_room_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(postgres, "ROOM_FIRST", 10**18)
    with pytest.raises(SetupError, match=r"^The disk that holds .* is full: .*Free some space"), _start(tmp_path / "d"):
        pass


@pytest.fixture
def small_disk(tmp_path: Path):
    """A real disk of 30 MB; only root may make one."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = (
        os.geteuid() == 0
        and not subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=30m,mode=755", "tmpfs", place], check=False, capture_output=True
        ).returncode
    )
    if not mounted:
        pytest.skip("a small disk can be mounted by root only")
    yield place
    subprocess.run(["umount", "-l", place], check=True)


def test_a_disk_that_fills_up_while_starting_is_one_sentence(small_disk: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(postgres, "ROOM_FIRST", 0)
    with (
        pytest.raises(SetupError, match=r"^The disk that holds .* is full\. Free some space"),
        _start(small_disk / "d"),
    ):
        pass
    assert not (small_disk / "d").exists()


def test_a_disk_filled_since_the_last_start_is_one_sentence(small_disk: Path):
    var = small_disk / "var"
    var.mkdir()
    (var / "ballast").write_bytes(b"0" * 29_000_000)
    said = Installation(var, 0).refusal(PORT="0")
    assert said.startswith("The disk that holds")
    assert "is full" in said


def test_a_grown_log_is_put_aside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(children, "LOG_LIMIT", 10)
    log = tmp_path / "web.log"
    with log.open("ab") as writer:
        writer.write(b"a line that is long")
        writer.flush()
        children.rotate(log)
        writer.write(b"next")
    assert log.read_bytes() == b"next"
    assert (tmp_path / "web.log.1").read_bytes() == b"a line that is long"
