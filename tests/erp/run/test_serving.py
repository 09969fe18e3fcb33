"""Two web processes hear somebody come: whoever holds fewer connections takes them in."""

import os
import socket
import time
from collections.abc import Iterator

import pytest
from gunicorn.config import Config

from erp.run.serving import MOST_PAUSES, PAUSE, Worker


@pytest.fixture
def door() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.setblocking(False)
        yield listening


@pytest.fixture
def worker(door: socket.socket) -> Iterator[Worker]:
    made = Worker(1, os.getpid(), [door], None, 30, Config(), None)
    made.enqueue_req = lambda conn: conn.close()  # nobody answers here
    yield made
    made.tmp.close()


def test_whoever_is_at_work_lets_others_come_first(door: socket.socket, worker: Worker):
    worker.nr_conns, began = MOST_PAUSES, time.monotonic()
    worker.accept(door)
    assert time.monotonic() - began >= PAUSE * MOST_PAUSES
    assert worker.nr_conns == MOST_PAUSES  # somebody else was quicker


def test_who_is_still_there_is_taken_in(door: socket.socket, worker: Worker):
    with socket.create_connection(door.getsockname()):
        worker.accept(door)
    assert worker.nr_conns == 1
