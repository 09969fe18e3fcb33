"""What waits for a member as server-sent events: one connection a browser, never all threads of a server process."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from threading import BoundedSemaphore, Event, Lock

from flask import Response

from erp import context
from erp.context import Context
from erp.data.base import session
from erp.notifications import reading
from erp.workflow.people import tasks

PLACES = 2
"""Streams of one server process; its other threads answer pages."""
EVERY = 2.0
"""Seconds between two looks."""
LONGEST = 600.0
"""Seconds after which the browser has to connect anew."""
PATIENCE = 1.0
"""Seconds a member's newer stream waits for the older one to give way."""

_places = BoundedSemaphore(PLACES)
_lock = Lock()
_running: dict[Event, int | None] = {}
"""Who has a stream, the oldest first; its event ends it."""


def once() -> Response:
    """The counts now, for browsers that ask from time to time."""
    response = Response(json.dumps(_counts()), content_type="application/json")
    response.headers["Cache-Control"] = "no-store"
    return response


def events() -> Response:
    """The counts now and whenever one changes; 204 when all places are taken: the browser then asks from time to time.

    A page that was left is noticed late, so the member's own older stream gives way first.
    """
    acting = context.current()
    if not _places.acquire(blocking=False) and not (_end_own(acting) and _places.acquire(timeout=PATIENCE)):
        return Response(status=204)
    over = Event()
    with _lock:
        _running[over] = acting.member_id
    response = Response(_changes(acting, over), content_type="text/event-stream")
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Accel-Buffering"] = "no"
    response.call_on_close(lambda: _leave(over))
    return response


def _end_own(acting: Context) -> bool:
    """Ask the oldest stream of this member to end; False when there is none."""
    with _lock:
        own = next(
            (over for over, member in _running.items() if member == acting.member_id and not over.is_set()), None
        )
    if own is not None:
        own.set()
    return own is not None


def _leave(over: Event) -> None:
    over.set()
    with _lock:
        known = over in _running
        _running.pop(over, None)
    if known:
        _places.release()


def _changes(acting: Context, over: Event) -> Iterator[bytes]:
    """Look in short transactions of its own: between two looks no connection to the database is held."""
    began = time.monotonic()
    told: dict[str, int] | None = None
    yield b"retry: 5000\n\n"
    while time.monotonic() - began < LONGEST:
        found = _counted(acting)
        yield f"event: inbox\ndata: {json.dumps(found)}\n\n".encode() if found != told else b":\n\n"
        told = found
        if over.wait(EVERY):
            return


def _counts() -> dict[str, int]:
    """What waits for the acting member: open tasks, and notifications that are not read."""
    return {"count": tasks.count(), "unread": reading.count()}


def _counted(acting: Context) -> dict[str, int]:
    before = context.current()
    context.enter(acting)
    try:
        return _counts()
    finally:
        session.remove()
        context.enter(before)
