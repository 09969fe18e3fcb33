"""What is true of a storm, read past every wall."""

from __future__ import annotations

import threading
import time
from typing import Any

import psycopg


class Database:
    """What is true, read and changed past every wall; asked again while the database recovers."""

    def __init__(self, url: str) -> None:
        self._url = url.replace("+psycopg", "")
        self._mine = threading.local()

    def ask(self, statement: str, *values: Any) -> list[Any]:
        """Rows of a statement."""
        deadline = time.monotonic() + 60
        while True:
            try:
                result = self._connection().execute(statement.encode(), values)
                return result.fetchall() if result.description else []
            except psycopg.OperationalError:
                self.leave()
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)

    def _connection(self) -> psycopg.Connection[Any]:
        if getattr(self._mine, "connection", None) is None:
            self._mine.connection = psycopg.connect(self._url, autocommit=True)
        found: psycopg.Connection[Any] = self._mine.connection
        return found

    def leave(self) -> None:
        """Close this thread's connection."""
        if getattr(self._mine, "connection", None) is not None:
            self._mine.connection.close()
        self._mine.connection = None
