"""A stand-in for the application: the real supervisor forks `web` and `work` as it does the real programs."""

import http.server
import os
import sys
import time

from erp.config import Settings, from_env
from erp.errors import SetupError
from erp.run import supervisor
from erp.run.children import Child
from erp.run.forks import die_with_parent
from erp.run.programs import answers


def programs(settings: Settings, env: dict[str, str]) -> list[Child]:
    log = settings.var / "log"
    return [
        Child("web", [], log / "web.log", env, work=web, ready=lambda: answers(settings)),
        Child("worker", [], log / "worker.log", env, work=work),
    ]


def supervise() -> None:
    steps = supervisor.Steps(
        migrate=lambda ready: print("migrate", ready.database_url, ready.redis_url, flush=True),
        demo=lambda _: print("demo", flush=True),
        welcome=lambda _: "Sign in as anybody.",
    )
    try:
        supervisor.run(from_env(), steps, programs)
    except SetupError as error:
        sys.exit(error.message)


def web() -> None:
    address = (os.environ["HOST"], int(os.environ["PORT"]))
    http.server.HTTPServer(address, http.server.BaseHTTPRequestHandler).serve_forever()


def work() -> None:
    if os.environ.get("WORKER") == "breaks":
        sys.exit("a worker that breaks")
    # a forked job, in a group of its own as RQ does it
    if os.fork() == 0:
        os.setpgid(0, 0)
        die_with_parent()
    time.sleep(600)


supervise()
