"""Workers and schedulers forked from a process that has everything loaded, as web servers fork theirs: each begins at once.

That `erp worker` and `erp scheduler` start by themselves is seen where a whole installation runs, tests/erp/run.
"""

from __future__ import annotations

import gc
import json
import logging
import os
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path

from erp import config, logs, prepare
from erp.config import ROOT
from erp.data.base import disconnect
from erp.jobs import redis_queue
from erp.run import forks


class Forked:
    """A process that is no child of ours, to be killed, stopped and waited for by its number."""

    def __init__(self, pid: int) -> None:
        self.pid = pid

    def is_alive(self) -> bool:
        """Whether it is still there; its parent leaves no dead ones behind."""
        return Path("/proc", str(self.pid)).exists()

    def send_signal(self, number: int) -> None:
        """Tell it something; one that is gone hears nothing."""
        if self.is_alive():
            os.kill(self.pid, number)

    def kill(self) -> None:
        """SIGKILL, and wait until it is gone."""
        self.send_signal(signal.SIGKILL)
        deadline = time.monotonic() + 10
        while self.is_alive():
            assert time.monotonic() < deadline, f"process {self.pid} does not end"
            time.sleep(0.01)


class Mother:
    """The process that is forked: its children have its environment, write to its log and end with it."""

    def __init__(self, environment: Mapping[str, str], log: Path) -> None:
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.scenarios.forked"], env=dict(environment), cwd=ROOT,
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=output,
            )  # fmt: skip

    def fork(self, *words: str) -> Forked:
        """A child that does what `erp` does with these words: `worker short`, `worker long` or `scheduler`."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(words).encode() + b"\n")
        self._process.stdin.flush()
        return Forked(int(self._process.stdout.readline()))

    def end(self) -> None:
        """No more children; those there are end too."""
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            pipe.close()
        self._process.wait(10)


def _live(words: Sequence[str], redis_url: str) -> None:
    forks.die_with_parent()
    os.setsid()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)
    if words[0] == "worker":
        redis_queue.work(redis_url, queue=words[1])
    else:
        redis_queue.Scheduler(redis_url, prepare.periodic()).serve()


def main() -> None:
    """Fork a child for each line of stdin, a list of words in JSON; say its process id."""
    forks.die_with_parent()
    settings = config.from_env()
    logs.init(settings, level=logging.INFO)
    prepare.prepare(settings)
    gc.freeze()
    disconnect()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            code = 1
            try:
                _live(json.loads(line), settings.redis_url or "")
                code = 0
            except BaseException:
                traceback.print_exc()
            finally:
                sys.stderr.flush()
                os._exit(code)
        print(child, flush=True)


if __name__ == "__main__":
    main()
