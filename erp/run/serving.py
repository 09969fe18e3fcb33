"""How gunicorn serves us: `gunicorn --config python:erp.run.serving wsgi:app`; options behind that come first.

Every name here that gunicorn has a setting of is that setting: `config` would be one.
"""

from __future__ import annotations

import gc
from logging import INFO
from typing import Any

from gunicorn.glogging import Logger

from erp import logs, metrics
from erp.config import from_env

worker_class = "gthread"
workers = 2
threads = 4
graceful_timeout = 2
control_socket_disable = True
"""Its path would be one for all installations of a user."""


def post_fork(_server: Any, _worker: Any) -> None:
    """A web process begins to load the application: none of it is garbage."""
    gc.disable()


def post_worker_init(_worker: Any) -> None:
    """It has loaded it, for good: garbage is looked for among what requests leave."""
    gc.freeze()
    gc.enable()


def child_exit(_server: Any, worker: Any) -> None:
    """A web process has ended: what it held counts no more."""
    metrics.died(worker.pid)


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
