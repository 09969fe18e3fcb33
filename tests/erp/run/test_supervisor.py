"""Starting and stopping with real PostgreSQL, real Redis and real signals."""

import os
import signal
import socket
import time

import psycopg
import pytest
import redis

from tests.erp.run.installation import Installation, free_port


def _plain(url: str) -> str:
    return url.replace("+psycopg", "", 1)


def test_one_start_brings_up_everything_in_order_and_ctrl_c_ends_it(installation: Installation):
    started = installation.start()
    said = started.read_until("Sign in as anybody.")
    assert f"http://127.0.0.1:{installation.port}" in said
    assert said.index("migrate") < said.index("demo") < said.index("is ready at")
    _, database, store = next(line for line in started.lines if line.startswith("migrate")).split()
    with psycopg.connect(_plain(database)) as connection:
        assert connection.execute("select lower('É'), current_setting('fsync')").fetchone() == ("é", "on")
    with redis.Redis.from_url(store) as client:
        assert client.config_get("appendonly") == {"appendonly": "yes"}

    began = time.monotonic()
    started.process.send_signal(signal.SIGINT)
    assert started.process.wait(10) == 0
    assert time.monotonic() - began < 10
    assert installation.wait_gone(5) == {}
    assert not (installation.var / "sockets").is_symlink()


def test_a_second_start_makes_nothing_anew_and_keeps_the_data(installation: Installation):
    made = installation.var / "postgres" / "PG_VERSION"
    first = None
    for number in range(2):
        started = installation.start()
        started.read_until("Sign in as anybody.")
        url = next(line for line in started.lines if line.startswith("migrate")).split()[1]
        with psycopg.connect(_plain(url)) as connection:
            if number == 0:
                connection.execute("create table kept as select 7 as lucky")
                first = made.stat()
            else:
                assert connection.execute("select lucky from kept").fetchone() == (7,)
                assert (made.stat().st_ino, made.stat().st_mtime_ns) == (first.st_ino, first.st_mtime_ns)
        started.process.terminate()
        assert started.process.wait(10) == 0


def test_kill_9_of_the_supervisor_leaves_no_process_and_the_next_start_works(installation: Installation):
    started = installation.start()
    started.read_until("Sign in as anybody.")
    missing = {"bin/postgres", "checkpointer", "redis-server", "web: ", "worker: "}
    deadline = time.monotonic() + 20
    while missing and time.monotonic() < deadline:  # the worker forks its job after the word of welcome
        time.sleep(0.1)
        names = " ".join(installation.processes().values())
        missing = {word for word in missing if word not in names}
    assert missing == set()
    started.process.kill()
    started.process.wait()
    installation.start().read_until("Sign in as anybody.")
    installation.started[-1].process.terminate()
    installation.started[-1].process.wait(30)
    assert installation.wait_gone(5) == {}


def test_a_start_beside_a_running_one_says_so(installation: Installation):
    started = installation.start()
    started.read_until("Sign in as anybody.")
    said = installation.refusal(PORT=str(free_port()))
    assert f"already running here, at http://127.0.0.1:{installation.port}" in said
    assert str(started.process.pid) in said


def test_a_taken_port_is_named_and_another_proposed(installation: Installation):
    with socket.create_server(("127.0.0.1", installation.port)):
        assert f"Port {installation.port} is taken" in installation.refusal()
    assert not (installation.var / "postgres").exists()


@pytest.mark.parametrize(
    ("setting", "sentence"),
    [
        ({"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"}, "The database at DATABASE_URL cannot be used"),
        ({"DATABASE_URL": "mysql://localhost/x"}, "PostgreSQL is the only database"),
        ({"REDIS_URL": "redis://127.0.0.1:1/0"}, "The Redis server at REDIS_URL cannot be used"),
        ({"PORT": "99999"}, "PORT must be below 65536"),
        ({"HOST": "203.0.113.1"}, "Cannot listen at 203.0.113.1"),
    ],
)
def test_a_broken_setting_is_one_sentence(installation: Installation, setting: dict[str, str], sentence: str):
    assert sentence in installation.refusal(**setting)


def test_a_wrong_redis_password_is_one_sentence(installation: Installation):
    started = installation.start()
    started.read_until("Sign in as anybody.")
    store = next(line for line in started.lines if line.startswith("migrate")).split()[2]
    with redis.Redis.from_url(store) as client:
        client.config_set("requirepass", "right")
    other = Installation(installation.var.with_name("other"), free_port())
    said = other.refusal(REDIS_URL=store.replace("unix://", "unix://:wrong@"))
    assert "REDIS_URL cannot be used" in said
    assert "right" not in said


def test_a_program_that_dies_is_started_again_with_growing_pauses(installation: Installation):
    started = installation.start(WORKER="breaks")
    said = started.read_until("in 2 s")
    assert "worker stopped (exit code 1); starting it again in 1 s" in said
    assert "a worker that breaks" in (installation.var / "log" / "worker.log").read_text()


def test_a_killed_fork_is_started_again(installation: Installation):
    started = installation.start()
    started.read_until("Sign in as anybody.")

    def web() -> int:
        return next((pid for pid, name in installation.processes().items() if name.startswith("web: ")), 0)

    killed = web()
    os.kill(killed, signal.SIGKILL)
    started.read_until("web stopped (killed by SIGKILL); starting it again in 1 s")
    deadline = time.monotonic() + 10
    while web() in {0, killed}:
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_postgres_that_dies_comes_back_at_the_same_address(installation: Installation):
    started = installation.start()
    started.read_until("Sign in as anybody.")
    url = next(line for line in started.lines if line.startswith("migrate")).split()[1]
    server = int((installation.var / "postgres" / "postmaster.pid").read_text().split()[0])
    os.kill(server, signal.SIGKILL)
    started.read_until("postgres stopped (killed by SIGKILL)")
    deadline = time.monotonic() + 10
    while True:
        try:
            psycopg.connect(_plain(url)).close()
            break
        except psycopg.OperationalError:
            assert time.monotonic() < deadline
            time.sleep(0.1)
