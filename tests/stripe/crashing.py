"""Processes that are killed at a chosen point of a capture, a refund or a provider's notice.

A mother process has the whole program loaded and forks a child for every order: somebody who asks, a worker, or a web
server on a socket the mother holds, as gunicorn does. A child with a `point` ends itself there by SIGKILL, or kills the
database there; the points only kill, they change nothing that is done.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any, NoReturn

import sqlalchemy as sa
import stripe

from erp import acting, complete, config, tasks
from erp import webhooks as notices
from erp.access import enter_as
from erp.app import create_app
from erp.data.base import AppSession, disconnect, session, system, transaction
from erp.jobs import claims, worker
from erp.jobs.models import Job
from erp.run import forks
from plugins.payments import actions, cards, refunds
from plugins.stripe import webhooks
from tests.scenarios.dying import Point, arm, kill_database, kill_self, serve_on

LEASE = timedelta(seconds=0.4)
QUIET = 20
"""Rounds a worker looks for work before it ends."""


def _posts(_client: Any, method: str, *_args: Any, **_kwargs: Any) -> bool:
    return method.lower() == "post"


def _reads(_client: Any, method: str, *_args: Any, **_kwargs: Any) -> bool:
    return method.lower() == "get"


CALLS = {
    "asked, not committed": Point("ask", AppSession, "commit", "before"),
    "asked and committed": Point("ask", AppSession, "commit", "after"),
    "found by the relay, nobody told": Point("work", claims, "due", "after"),
    "claimed": Point("work", claims, "claim", "after"),
    "before the call": Point("work", stripe.RequestsClient, "request", "before", _posts),
    "after the call": Point("work", stripe.RequestsClient, "request", "after", _posts),
    "after reading back": Point("work", stripe.RequestsClient, "request", "after", _reads),
    "before the answer is recorded": Point("work", actions, "take_over", "before"),
    "answer written, not committed": Point("work", actions, "take_over", "after"),
    "answer committed": Point("work", AppSession, "commit", "after"),
}
"""On the way of a capture and of a refund."""
NOTICES = {
    "notice received": Point("web", notices, "take", "before"),
    "notice kept, not committed": Point("web", AppSession, "commit", "before"),
    "notice committed, not answered": Point("web", notices, "take", "after"),
    "notice claimed": Point("work", claims, "claim", "after"),
    "notice looked up": Point("work", webhooks.StripeNotices, "fetch", "after"),
    "notice written, not committed": Point("work", webhooks.StripeNotices, "record", "after"),
    "notice committed": Point("work", AppSession, "commit", "after"),
}
"""On the way of what the provider tells by itself."""
DATABASE = ("asked, not committed", "claimed", "answer written, not committed")
DATABASE_NOTICES = ("notice kept, not committed", "notice written, not committed")
"""Where the database is killed as well."""


def _ask(order: dict[str, Any]) -> None:
    assert enter_as(order["user"], order["tenant"], source="web") is not None
    amount = Decimal(order["amount"])
    with transaction():
        if order["what"] == "capture":
            cards.capture(order["payment"], amount)
        else:
            refunds.give_back(order["payment"], amount, "requested_by_customer")


def _step(order: dict[str, Any]) -> None:
    """Do the document's open task; numbers come as text beside the other answers."""
    assert enter_as(order["user"], order["tenant"], source="web") is not None
    answers = {**order["answers"], **{name: Decimal(text) for name, text in order["amounts"].items()}}
    with acting(source=order["source"], name=order["name"]):
        (task,) = [each for each in tasks.open_of(*order["document"]) if each.element == order["element"]]
        complete(task.id, answers)


def _work(order: dict[str, Any]) -> None:
    """Run what is due of one tenant until nothing is left that could become due by itself."""
    still = 0
    while still < QUIET:
        ours = [told.id for told in claims.due(limit=500, patience=timedelta(0)) if _is_of(told.id, order["tenant"])]
        for job_id in ours:
            worker.run(job_id)
        still = 0 if ours else still + 1
        if not _left(order["tenant"]):
            return
        time.sleep(0.03)


def _is_of(job_id: int, tenant: int) -> bool:
    with system() as current:
        return current.scalar(sa.select(Job.tenant_id).where(Job.id == job_id)) == tenant


def _left(tenant: int) -> int:
    statement = sa.select(sa.func.count()).where(Job.tenant_id == tenant, Job.state.in_(("waiting", "running")))
    with system() as current:
        return int(current.scalar(statement) or 0)


def main() -> None:
    """Fork a child for each order on stdin, a line of JSON; say its process id.

    What `stays` the mother does herself: her children need not learn it anew.
    """
    forks.die_with_parent()
    app = create_app(config.from_env())
    worker.registry.lease = LEASE
    disconnect()
    listening = socket.create_server(("127.0.0.1", 0), backlog=64)
    print(listening.getsockname()[1], flush=True)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    does: dict[str, Callable[[dict[str, Any]], None]] = {
        "ask": _ask, "step": _step, "work": _work, "web": lambda _order: serve_on(app, listening),
    }  # fmt: skip
    for line in sys.stdin:
        order = json.loads(line)
        if order.get("stays"):
            does[order["do"]](order)
            disconnect()
            print(os.getpid(), flush=True)
            continue
        child = os.fork()
        if child == 0:
            _live(order, does[order["do"]])
        print(child, flush=True)


def _live(order: dict[str, Any], does: Callable[[dict[str, Any]], None]) -> NoReturn:
    """The life of a child."""
    forks.die_with_parent()
    worker.pulse = worker.Pulse()  # the mother's thread is not here, and may have held its lock
    point = {**CALLS, **NOTICES}.get(order.get("point", ""))
    if point is not None:
        arm(point, kill_database if order.get("victim") == "database" else kill_self)
    try:
        does(order)
    except Exception as error:
        print(f"{order}: {error!r}"[:400], file=sys.stderr, flush=True)
    session.remove()
    os._exit(0)


if __name__ == "__main__":
    main()
