"""Whether rows are still what they were: one mark of all of them, read by one statement however many there are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar

import sqlalchemy as sa

K = TypeVar("K")
V = TypeVar("V")
MOST_KEPT = 500


def mark(cls: Any, *which: sa.ColumnElement[bool]) -> sa.ScalarSelect[str]:
    """How many rows of a class there are, and a hash of each row's id with the transaction and command that wrote it.

    Whoever writes a row anew gives it a later transaction or, within one, a later command: no two states have one mark.
    """
    id_, xmin, cmin = (
        sa.cast(sa.literal_column(f"{cls.__tablename__}.{name}"), kind)
        for name, kind in (("id", sa.BigInteger), ("xmin", sa.Text), ("cmin", sa.Text))
    )
    written = sa.func.hashint8extended(id_, sa.cast(xmin, sa.BigInteger))
    anew = sa.func.hashint8extended(written, sa.cast(cmin, sa.BigInteger))
    told = sa.func.concat(sa.func.count(), ":", sa.func.bit_xor(anew))
    return sa.select(told).select_from(cls).where(*which).scalar_subquery()


class Kept(Generic[K, V]):
    """What was read of rows, by a key; read again once the marks are others, forgotten when there is too much."""

    def __init__(self) -> None:
        self._rows: dict[K, tuple[Any, V]] = {}

    def get(self, key: K, now: Any, read: Callable[[], V]) -> V:
        """What is kept under the marks `now`, else what `read` gives."""
        kept = self._rows.get(key)
        if kept is None or kept[0] != now:
            if len(self._rows) > MOST_KEPT:
                self._rows.clear()
            kept = self._rows[key] = (now, read())
        return kept[1]
