"""The supervisor is the real one, its programs are a few lines each (stand_in.py)."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from erp.run import children
from tests.erp.run.installation import Installation, free_port


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    made = Installation(tmp_path / "var", free_port())
    yield made
    for started in made.started:
        if started.process.poll() is None:
            started.process.kill()
        started.process.communicate()
    for pid in made.wait_gone(5):
        os.kill(pid, signal.SIGKILL)
    children.drop_socket_folder(made.var / "sockets")
