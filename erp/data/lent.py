"""Connections that wait in a pool are looked at before they are lent, and asked only where looking does not tell.

A server that is stopped closes its connections, which is seen without asking it. One that vanished says nothing: what
rested for a while is asked, as SQLAlchemy's `pool_pre_ping` asks every time.
"""

from __future__ import annotations

import select
import time
from functools import partial
from typing import Any

import psycopg
import sqlalchemy as sa
from sqlalchemy import event

REST = 30.0
"""Seconds in the pool after which a connection is asked."""
LEFT = "left_at"


def look_after(engine: sa.Engine) -> None:
    """Have connections of an engine's pool replaced, where their server is not there any more, before they are lent."""
    event.listen(engine, "checkin", _taken_back)
    event.listen(engine, "checkout", partial(_lent, engine.dialect))


def _taken_back(_connection: object, record: Any) -> None:
    record.info[LEFT] = time.monotonic()


def _lent(dialect: sa.Dialect, connection: Any, record: Any, _fairy: object) -> None:
    left = record.info.pop(LEFT, None)
    if left is None:  # it was opened just now
        return
    try:
        if time.monotonic() - left > REST or _has_news(connection):
            dialect.do_ping(connection)
    except psycopg.OperationalError as error:
        raise sa.exc.InvalidatePoolError from error


def _has_news(connection: Any) -> bool:
    """Whether something came, or the end, while nobody asked anything."""
    found = select.poll()
    found.register(connection.fileno(), select.POLLIN)
    return bool(found.poll(0))
