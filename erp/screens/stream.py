"""The inbox count as server-sent events: one connection a browser, and never all threads of a server process."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from threading import BoundedSemaphore

from flask import Response

from erp import context
from erp.context import Context
from erp.data.base import session
from erp.workflow import tasks

PLACES = 2
"""Streams of one server process; its other threads answer pages."""
EVERY = 2.0
"""Seconds between two looks."""
QUIET = 15.0
"""Seconds after which a sign of life is sent."""
LONGEST = 600.0
"""Seconds after which the browser has to connect anew."""

_places = BoundedSemaphore(PLACES)


def once() -> Response:
    """The count now, for browsers that ask from time to time."""
    response = Response(json.dumps({"count": tasks.count()}), content_type="application/json")
    response.headers["Cache-Control"] = "no-store"
    return response


def events() -> Response:
    """The count now and whenever it changes; 204 when all places are taken: the browser then asks from time to time."""
    if not _places.acquire(blocking=False):
        return Response(status=204)
    response = Response(_changes(context.current()), content_type="text/event-stream")
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Accel-Buffering"] = "no"
    response.call_on_close(_places.release)
    return response


def _changes(acting: Context) -> Iterator[bytes]:
    """Look in short transactions of its own: between two looks no connection to the database is held."""
    began = told_at = time.monotonic()
    told: int | None = None
    yield b"retry: 5000\n\n"
    while time.monotonic() - began < LONGEST:
        found = _count(acting)
        if found != told or time.monotonic() - told_at > QUIET:
            yield f"event: inbox\ndata: {json.dumps({'count': found})}\n\n".encode()
            told, told_at = found, time.monotonic()
        time.sleep(EVERY)


def _count(acting: Context) -> int:
    before = context.current()
    context.enter(acting)
    try:
        return tasks.count()
    finally:
        session.remove()
        context.enter(before)
