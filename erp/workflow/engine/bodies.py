"""What is kept of the bodies of a repetition: bytes each, read only when one is touched."""

from __future__ import annotations

from collections.abc import Iterator
from struct import Struct

WAITING, FOLDED, DONE = range(3)
"""As it was begun; changed since, its state kept; over, its result kept."""

_PLACE = Struct("<I")
_HEAD = Struct("<BI")
_SLACK = 64 * 1024


class Bodies:
    """A table with a place for each body, and the entries found there; a body without place is as it was begun.

    A body that changes writes its entry behind the others; what it left is swept out once it outweighs what is used.
    So a step costs the same among ten bodies as among ten thousand.
    """

    def __init__(self, count: int, packed: bytes = b"") -> None:
        self.count = count
        size = count * _PLACE.size
        self._places, self._entries = bytearray(packed[4 : 4 + size]), bytearray(packed[4 + size :])
        self._used = int.from_bytes(packed[:4], "little")
        if not packed:
            self._places, self._entries = bytearray(size), bytearray(1)  # so that no entry stands at 0
        elif len(self._places) != size or len(self._entries) < self._used:
            raise ValueError(count)

    def state(self, number: int) -> int:
        """Whether a body is waiting, folded or done."""
        return self._head(number)[0]

    def get(self, number: int) -> bytes:
        """What is kept of a body."""
        _state, start, size = self._head(number)
        return bytes(self._entries[start : start + size])

    def put(self, number: int, state: int, kept: bytes = b"") -> None:
        """Keep this of a body instead of what was kept before."""
        before, _start, size = self._head(number)
        if before != WAITING:
            self._used -= _HEAD.size + size
        place = 0
        if state != WAITING:
            place = len(self._entries)
            self._entries += _HEAD.pack(state, len(kept)) + kept
            self._used += _HEAD.size + len(kept)
        _PLACE.pack_into(self._places, number * _PLACE.size, place)
        if len(self._entries) > 2 * self._used + _SLACK:
            self._sweep()

    def all_in(self, *states: int) -> Iterator[int]:
        """The numbers of the bodies in one of these states."""
        return (number for number in range(self.count) if self.state(number) in states)

    def packed(self) -> bytes:
        """All of it as bytes."""
        return b"".join((self._used.to_bytes(4, "little"), self._places, self._entries))

    def _head(self, number: int) -> tuple[int, int, int]:
        (place,) = _PLACE.unpack_from(self._places, number * _PLACE.size)
        if not place:
            return WAITING, 0, 0
        state, size = _HEAD.unpack_from(self._entries, place)
        return state, place + _HEAD.size, size

    def _sweep(self) -> None:
        swept = Bodies(self.count)
        for number in range(self.count):
            if self.state(number) != WAITING:
                swept.put(number, self.state(number), self.get(number))
        self._places, self._entries = swept._places, swept._entries
