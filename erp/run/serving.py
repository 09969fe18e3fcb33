"""How gunicorn serves us: `gunicorn --config python:erp.run.serving wsgi:app`; options behind that come first.

Every name here that gunicorn has a setting of is that setting: `config` would be one.
"""

from __future__ import annotations

import gc
import os
import time
from logging import INFO
from socket import socket
from typing import Any

from gunicorn.glogging import Logger
from gunicorn.workers.gthread import ThreadWorker

from erp import logs, metrics
from erp.config import from_env
from erp.run.turns import Application, in_turn

PAUSE, MOST_PAUSES = 0.0002, 10
"""Seconds a process lets others come first, for each connection it holds, and for how many at most."""
workers = max(2, min(4, len(os.sched_getaffinity(0))))
"""As many as can run, of which each has connections of its own; who has more processors says how many it may be."""
threads = 4
graceful_timeout = 2
preload_app = True
"""Loaded once and shared by the web processes; nothing is connected before they are forked."""
control_socket_disable = True
"""Its path would be one for all installations of a user."""


def pre_fork(_server: Any, _worker: Any) -> None:
    """What is loaded stays for good: to look for garbage in it would give each web process a copy of its own."""
    gc.freeze()


def child_exit(_server: Any, worker: Any) -> None:
    """A web process has ended: what it held counts no more."""
    metrics.died(worker.pid)


class Worker(ThreadWorker):
    """Gunicorn's threads; of processes that hear somebody come, the one that holds the fewest connections takes them.

    Each runs Python on one core, and connections stay where they came in: left to themselves, the first to wake takes
    most of them and works alone.
    """

    def load_wsgi(self) -> None:
        """Load the application, whose requests take turns here."""
        super().load_wsgi()
        self.wsgi: Application = in_turn(self.wsgi)

    def accept(self, listener: socket) -> None:
        """Take somebody in, unless another process has done so meanwhile."""
        time.sleep(PAUSE * min(self.nr_conns, MOST_PAUSES))
        super().accept(listener)


worker_class = Worker


class Log(Logger):
    """What gunicorn says of itself, in the lines of our log; requests are told by the application."""

    def setup(self, cfg: Any) -> None:
        """Called when gunicorn starts and whenever it is told to read its settings again."""
        super().setup(cfg)
        settings = from_env()
        logs.init(settings, level=INFO)
        for handler in self.error_log.handlers:
            handler.setFormatter(logs.formatter(settings))


logger_class = Log
