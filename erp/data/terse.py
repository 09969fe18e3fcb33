"""A cursor that describes nothing unasked: of a statement it has met before, SQLAlchemy knows the columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from psycopg import Column, Cursor
from psycopg.pq import ExecStatus

ROWS = frozenset({ExecStatus.TUPLES_OK, ExecStatus.SINGLE_TUPLE, ExecStatus.TUPLES_CHUNK})
"""States of a result that has columns."""


class Columns(Sequence[Column]):
    """What a cursor says of its columns, worked out when somebody looks."""

    def __init__(self, cursor: Cursor[Any], count: int) -> None:
        self._cursor, self._count = cursor, count

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[Column]:
        return (Column(self._cursor, each) for each in range(self._count))

    def __getitem__(self, place: Any) -> Any:
        return list(self)[place]


class TerseCursor(Cursor[Any]):
    """The cursor of every connection of ours."""

    @property
    def description(self) -> Any:
        """The columns of the result; None where there are none."""
        found = self.pgresult
        return Columns(self, found.nfields) if found is not None and found.status in ROWS else None
