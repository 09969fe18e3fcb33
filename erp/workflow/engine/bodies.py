"""What is kept of the bodies of a repetition: bytes each, read only when one is touched."""

from __future__ import annotations

from collections.abc import Iterator
from struct import Struct
from typing import TypeAlias

WAITING, FOLDED, DONE = range(3)
"""As it was begun; changed since, its state kept; over, its result kept."""

Buffer: TypeAlias = bytes | bytearray | memoryview

_PLACE = Struct("<I")
_HEAD = Struct("<BI")
_SLACK = 64 * 1024


class Bodies:
    """A table with a place for each body, and the entries found there; a body without place is as it was begun.

    A body that changes writes its entry behind the others; what it left is swept out once it outweighs what is used.
    So a step costs the same among ten bodies as among ten thousand.
    """

    def __init__(self, count: int, packed: Buffer = b"") -> None:
        self.count = count
        size = count * _PLACE.size
        if not packed:
            packed = bytes(4 + size + 1)  # the last one so that no entry stands at 0
        view = memoryview(packed)
        self._used = int.from_bytes(view[:4], "little")
        self._places = bytearray(view[4 : 4 + size])
        self._before, self._behind = view[4 + size :], bytearray()
        """Entries that were there and are not copied, and those written since."""
        if len(self._places) != size or len(self._before) <= self._used:
            raise ValueError(count)

    def state(self, number: int) -> int:
        """Whether a body is waiting, folded or done."""
        return self._entry(number)[0]

    def get(self, number: int) -> bytes:
        """What is kept of a body."""
        _state, kept = self._entry(number)
        return bytes(kept)

    def put(self, number: int, state: int, kept: bytes = b"") -> None:
        """Keep this of a body instead of what was kept before."""
        before, replaced = self._entry(number)
        if before != WAITING:
            self._used -= _HEAD.size + len(replaced)
        replaced.release()
        place = 0
        if state != WAITING:
            place = len(self._before) + len(self._behind)
            self._behind += _HEAD.pack(state, len(kept)) + kept
            self._used += _HEAD.size + len(kept)
        _PLACE.pack_into(self._places, number * _PLACE.size, place)
        if len(self._before) + len(self._behind) > 2 * self._used + _SLACK:
            self._sweep()

    def all_in(self, *states: int) -> Iterator[int]:
        """The numbers of the bodies in one of these states."""
        return (number for number in range(self.count) if self.state(number) in states)

    def pieces(self) -> tuple[Buffer, ...]:
        """All of it, to be joined to bytes."""
        return self._used.to_bytes(4, "little"), self._places, self._before, self._behind

    def _entry(self, number: int) -> tuple[int, memoryview]:
        (place,) = _PLACE.unpack_from(self._places, number * _PLACE.size)
        if not place:
            return WAITING, memoryview(b"")
        entries: memoryview = self._before
        if place >= len(self._before):
            entries, place = memoryview(self._behind), place - len(self._before)
        state, size = _HEAD.unpack_from(entries, place)
        return state, entries[place + _HEAD.size : place + _HEAD.size + size]

    def _sweep(self) -> None:
        swept = Bodies(self.count)
        for number in range(self.count):
            state, kept = self._entry(number)
            if state != WAITING:
                swept.put(number, state, bytes(kept))
        self._places, self._before, self._behind = swept._places, swept._before, swept._behind
