"""Forks are programs of their own: with a log, an environment and signals, and nothing of ours stays open in them."""

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, multiprocess

from erp import metrics
from erp.errors import SetupError
from erp.run import forks
from erp.run.children import Child


@pytest.fixture
def started(tmp_path: Path) -> Iterator[Callable[..., Child]]:
    """Starts a fork; it is ended with the test."""
    made = []

    def start(work: Callable[[], int | None], **env: str) -> Child:
        child = Child("worker-1", ["work"], tmp_path / "worker.log", env, work=work)
        made.append(child)
        child.start()
        return child

    yield start
    for child in made:
        child.stop(0.1)


def test_a_fork_says_and_writes_where_a_program_of_its_own_would(started: Callable[..., Child], tmp_path: Path):
    ours = (tmp_path / "ours").open("w")

    def work() -> int:
        print(dict(os.environ), os.getsid(0) == os.getpid(), Path("/proc/self/comm").read_text().strip())
        with pytest.raises(OSError, match="Bad file descriptor"):
            os.fstat(ours.fileno())
        sys.exit(3)

    child = started(work, COLOUR="blue")
    ours.close()
    assert child.process.wait(10) == child.poll() == 3
    assert child.output() == "{'COLOUR': 'blue'} True worker-1\n"
    assert "COLOUR" not in os.environ


def test_a_fork_is_asked_to_end_then_made_to(started: Callable[..., Child]):
    polite, deaf = started(lambda: time.sleep(60)), started(_deaf)
    polite.stop(10)
    assert polite.poll() == -signal.SIGTERM
    deadline = time.monotonic() + 10
    while "deaf" not in deaf.output():
        assert time.monotonic() < deadline
        time.sleep(0.01)
    deaf.stop(0.1)
    assert deaf.poll() == -signal.SIGKILL


def _deaf() -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    print("deaf", flush=True)
    time.sleep(60)


def test_a_fork_hears_what_its_starter_hears(started: Callable[..., Child]):
    heard = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    child = started(lambda: print(signal.pthread_sigmask(signal.SIG_BLOCK, ()) & set(forks.STOPPING)))
    assert child.process.wait(10) == 0
    assert child.output() == "set()\n"
    assert signal.pthread_sigmask(signal.SIG_BLOCK, ()) == heard


def test_a_fork_ends_when_its_threads_have(started: Callable[..., Child]):
    def answer() -> None:
        time.sleep(0.1)
        print("answered \udcff")

    child = started(lambda: threading.Thread(target=answer).start())
    assert child.process.wait(10) == 0
    assert child.output() == "answered \\udcff\n"


def test_a_fork_somebody_else_has_waited_for_has_ended(started: Callable[..., Child]):
    child = started(lambda: 3)
    os.waitpid(child.process.pid, 0)
    assert child.poll() == 0


def test_the_sentence_a_fork_ends_with_is_told(started: Callable[..., Child]):
    child = started(lambda: sys.exit("No such company."))
    assert child.process.wait(10) == 1
    assert child.output() == "No such company.\n"


def test_what_a_fork_could_not_bear_is_in_its_log_and_its_code(started: Callable[..., Child]):
    child = started(lambda: 1 // 0)
    assert child.process.wait(10) == 1
    assert "ZeroDivisionError" in child.output()


def test_a_fork_counts_in_files_of_its_own_name(started: Callable[..., Child], tmp_path: Path):
    def work() -> None:
        metrics.STATEMENTS.inc(3)
        metrics.SIGN_INS.labels("in a fork").inc()

    child = started(work, **{metrics.FOLDER: str(tmp_path / "metrics"), metrics.PROCESS: "worker-1"})
    assert child.process.wait(10) == 0
    assert [path.name for path in (tmp_path / "metrics").iterdir()] == ["counter_worker-1.db"]
    told = CollectorRegistry()
    multiprocess.MultiProcessCollector(told, path=str(tmp_path / "metrics"))
    assert told.get_sample_value("millrace_request_statements_total") == 3
    assert told.get_sample_value("millrace_sign_ins_total", {"outcome": "in a fork"}) == 1


def test_what_was_done_apart_changes_nothing_here(tmp_path: Path):
    kept = []
    forks.apart(lambda: kept.append((tmp_path / "done").write_text("yes")))
    assert (tmp_path / "done").read_text() == "yes"
    assert kept == []


def test_a_sentence_said_apart_is_raised_here():
    def refuse() -> None:
        raise SetupError("The disk is full.")

    with pytest.raises(SetupError, match="The disk is full"):
        forks.apart(refuse)


@pytest.fixture
def told_to_stop() -> Iterator[int]:
    """A signal that stops this process as Ctrl-C does."""
    before = signal.signal(signal.SIGALRM, signal.default_int_handler)
    yield signal.SIGALRM
    signal.signal(signal.SIGALRM, before)


def test_whoever_is_told_to_stop_leaves_nobody_at_work_apart(tmp_path: Path, told_to_stop: int):
    def work() -> None:
        (tmp_path / "pid").write_text(str(os.getpid()))
        time.sleep(0.2)  # until it is waited for
        os.kill(os.getppid(), told_to_stop)
        time.sleep(60)

    with pytest.raises(KeyboardInterrupt):
        forks.apart(work)
    assert not Path("/proc", (tmp_path / "pid").read_text()).exists()
