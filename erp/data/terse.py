"""A cursor that describes nothing unasked: of a statement it has met before, SQLAlchemy knows the columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from psycopg import Cursor
from psycopg.pq import ExecStatus
from psycopg.pq.abc import PGresult

ROWS = frozenset({ExecStatus.TUPLES_OK, ExecStatus.SINGLE_TUPLE, ExecStatus.TUPLES_CHUNK})
"""States of a result that has columns."""
Told = tuple[str, int, None, None, None, None, None]
"""Name and type of a column, and what PEP 249 leaves open."""


class Columns(Sequence[Told]):
    """What a cursor says of its columns, worked out when somebody looks."""

    def __init__(self, result: PGresult) -> None:
        self._result = result

    def __len__(self) -> int:
        return self._result.nfields

    def __iter__(self) -> Iterator[Told]:
        found = self._result
        for each in range(found.nfields):
            yield (found.fname(each) or b"").decode(), found.ftype(each), None, None, None, None, None

    def __getitem__(self, place: Any) -> Any:
        return list(self)[place]


class TerseCursor(Cursor[Any]):
    """The cursor of every connection of ours."""

    @property
    def description(self) -> Any:
        """The columns of the result; None where there are none."""
        found = self.pgresult
        return Columns(found) if found is not None and found.status in ROWS else None
