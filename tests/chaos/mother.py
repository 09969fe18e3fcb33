"""The installation of the storm: web processes, workers and a scheduler, forked from one that has everything loaded.

A child with a `point` ends there, or ends the database there; it notes that beforehand where it is counted.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import Any, NoReturn

from erp import config, context, prepare
from erp.app import create_app
from erp.data import tenancy
from erp.data.base import AppSession, disconnect, session
from erp.jobs import claims, outbox, redis_queue, worker
from erp.run import forks
from erp.workflow import actions, definitions, history, steps
from erp.workflow.messaging import messages, subscriptions
from erp.workflow.people import tasks
from tests.chaos import outside
from tests.erp.workflow.outside import ORDER
from tests.scenarios.dying import Point, arm, kill_database, kill_self, serve_on

LEASE = timedelta(seconds=1)
KILLS = "STORM_KILLS"
"""Environment variable: the file in which each kill at a point is noted."""
WEBS = 2

POINTS: dict[str, Point] = {
    # a person's step, a document that begins its process, a message that is sent
    "task and instance locked": Point("web", tasks, "locked", "after"),
    "instance loaded": Point("web", steps, "load", "after"),
    "inbox written": Point("web", tasks, "write", "after"),
    "history written": Point("web", history, "append", "after"),
    "step written": Point("web", steps, "write", "after"),
    "document written, process not begun": Point("web", steps, "start", "before"),
    "process begun": Point("web", steps, "start", "after"),
    "message kept, led to nobody": Point("web", messages, "_kept", "after"),
    "message led": Point("web", messages, "_lead", "after"),
    "before the commit": Point("web", AppSession, "commit", "before"),
    "after the commit": Point("web", AppSession, "commit", "after"),
    "RQ not told": Point("web", outbox, "wake", "before"),
    "RQ told, nobody answered": Point("web", outbox, "wake", "after"),
    # a worker with a call, a timer, a message, a signal
    "row claimed": Point("work", claims, "claim", "after"),
    "before the call": Point("work", outside, "tell", "before"),
    "after the call": Point("work", outside, "tell", "after"),
    "answer not recorded": Point("work", steps, "answered", "before"),
    "answer recorded": Point("work", steps, "answered", "after"),
    "error recorded": Point("work", steps, "failed", "after"),
    "timer not fired": Point("work", steps, "fire", "before"),
    "timer fired": Point("work", steps, "fire", "after"),
    "message sent on": Point("work", messages, "send", "after"),
    "message or signal given": Point("work", subscriptions, "give", "after"),
    "signal told": Point("work", steps, "lock", "after"),
    "document made for a message": Point("work", steps, "start", "after"),
    "worker's step written": Point("work", steps, "write", "after"),
    "worker before the commit": Point("work", AppSession, "commit", "before"),
    "worker after the commit": Point("work", AppSession, "commit", "after"),
    # the relay
    "found, nobody told": Point("relay", outbox, "wake", "before"),
    "told of one, others left": Point("relay", outbox, "wake", "after"),
}
"""Every crash point, by what has just happened or not."""
DATABASE = ("step written", "before the commit", "row claimed", "after the call", "worker before the commit")
"""Where the database is killed as well."""
EVERY = len(POINTS) + len(DATABASE)


@dataclass(frozen=True)
class Order:
    """What the mother is asked: a child of which kind, which socket it listens at, and where it ends."""

    do: str
    place: int = 0
    point: str = ""
    victim: str = "process"
    skip: int = 0


def _note(order: Order) -> None:
    descriptor = os.open(os.environ[KILLS], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.write(descriptor, (json.dumps([order.point, order.victim]) + "\n").encode())
    os.close(descriptor)


def _die(order: Order) -> None:
    _note(order)
    if order.victim == "database":
        kill_database()
    else:
        kill_self()


def _warm(app: Any, tenants: list[int], key: str, path: str, order: Any) -> None:
    """Compile every company's process and begin the first one: what the mother has done once, her children do quickly."""
    for tenant in tenants:
        tenancy.enter(replace(context.NOBODY, tenant_id=tenant, source="job"))
        definitions.live(ORDER)
        session.remove()
    context.reset()
    client, headers = app.test_client(), {"Authorization": f"Bearer {key}"}
    assert client.post(path, json=order, headers=headers).status_code == 201
    assert client.get("/api/v1/task/", headers=headers).status_code == 200
    disconnect()


def _live(order: Order, does: Callable[[], None]) -> NoReturn:
    """The life of a child."""
    forks.die_with_parent()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    worker.pulse = worker.Pulse()  # the mother's thread is not here
    if order.point:
        arm(POINTS[order.point], partial(_die, order), order.skip)
    try:
        does()
    except BaseException as error:
        print(f"{order}: {error!r}"[:400], file=sys.stderr, flush=True)
    os._exit(0)


def _serve(app: Any, order: Order, sockets: list[socket.socket], redis_url: str) -> None:
    if order.do == "web":
        redis_queue.wake_with(redis_queue.client(redis_url))
        serve_on(app, sockets[order.place], threaded=True)
    elif order.do == "work":
        redis_queue.work(redis_url, queue="short")
    else:
        redis_queue.Scheduler(redis_url, prepare.periodic()).serve()


def main() -> None:
    """Fork a child for each order on stdin, a line of JSON; say its process id. The first line says how to begin."""
    forks.die_with_parent()
    settings = config.from_env()
    app = create_app(settings)
    actions.collect("repairs", outside)
    worker.registry.lease = LEASE
    sockets = [socket.create_server(("127.0.0.1", 0), backlog=64) for _place in range(WEBS)]
    _warm(app, **json.loads(sys.stdin.readline()))
    print(json.dumps([each.getsockname()[1] for each in sockets]), flush=True)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in sys.stdin:
        order = Order(**json.loads(line))
        child = os.fork()
        if child == 0:
            _live(order, partial(_serve, app, order, sockets, settings.redis_url or ""))
        print(child, flush=True)


if __name__ == "__main__":
    main()
