"""The programs of an installation, forked from the supervisor that has loaded them: web server, workers, scheduler."""

from __future__ import annotations

import http.client
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from erp import late, metrics
from erp.config import Settings
from erp.run.children import Child

if TYPE_CHECKING:
    from gunicorn.app import wsgiapp

    from erp.run import serving
else:
    wsgiapp = late.module("gunicorn.app.wsgiapp")
    serving = late.module("erp.run.serving")

Command = Callable[[Sequence[str]], int]
"""The `erp` command: carries out these words and gives its exit code."""
WORKERS = 2
HEALTH = "/health/live"


def shipped(command: Command, settings: Settings, env: Mapping[str, str]) -> list[Child]:
    """The programs of an installation, forks of ours; the first is the web server."""
    logs = settings.var / "log"

    def erp(name: str, *words: str) -> Child:
        named = {**env, metrics.PROCESS: name}
        return Child(
            name, [sys.executable, "-m", "erp", *words], logs / f"{name}.log", named, work=partial(command, words)
        )

    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    options = {
        "--config": f"python:{serving.__name__}",
        "--bind": f"{host}:{settings.port}",
    }
    words = ["erp.app:create_app()", *(word for pair in options.items() for word in pair)]
    web = Child(
        name="web",
        command=[sys.executable, "-m", "gunicorn", *words],
        work=partial(_serve, words),
        log=logs / "web.log",
        env=env,
        death_signal=signal.SIGTERM,  # the master then ends its workers
        ready=lambda: answers(settings),
    )
    short = [erp(f"worker-{number}", "worker", "--queue", "short") for number in range(1, WORKERS + 1)]
    return [web, *short, erp("worker-long", "worker", "--queue", "long"), erp("scheduler", "scheduler")]


def _serve(words: Sequence[str]) -> None:
    """What `gunicorn` does with these words."""
    sys.argv = ["gunicorn", *words]
    wsgiapp.WSGIApplication("%(prog)s [OPTIONS] [APP_MODULE]", prog="gunicorn").run()


def answers(settings: Settings) -> bool:
    """Whether the web server answers a request, whatever it says."""
    host = {"0.0.0.0": "127.0.0.1", "": "127.0.0.1", "::": "::1"}.get(settings.host, settings.host)  # noqa: S104 compared
    connection = http.client.HTTPConnection(host, settings.port, timeout=10)
    try:
        connection.request("GET", HEALTH)
        connection.getresponse().read()
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
    return True
