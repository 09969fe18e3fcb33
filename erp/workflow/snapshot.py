"""The saved state of a process as bytes: our own format with a version, exact types, and no meaning in key order."""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from erp.i18n import _
from erp.workflow.errors import EngineError, SnapshotInvalid

MAGIC = b"MR"
VERSION = 2
KNOWN = frozenset({1, VERSION})
"""Format 1 had no parts behind the state, and nothing that is repeated or begun by an event."""
MAX_BYTES = 32 * 1024 * 1024

# Names in process data never begin with $ (see values.cleaned), so these cannot be mistaken.
_READ: dict[str, Callable[[str], Any]] = {
    "$decimal": Decimal,
    "$date": date.fromisoformat,
    "$moment": lambda text: datetime.fromisoformat(text).astimezone(UTC),
    "$uuid": UUID,
    "$bytes": base64.b64decode,
}


def _write(value: Any) -> dict[str, str]:
    if isinstance(value, Decimal):
        return {"$decimal": str(value)}
    if isinstance(value, datetime):
        return {"$moment": value.isoformat()}
    if isinstance(value, date):
        return {"$date": value.isoformat()}
    if isinstance(value, UUID):
        return {"$uuid": value.hex}
    if isinstance(value, bytes):
        return {"$bytes": base64.b64encode(value).decode()}
    raise TypeError(type(value).__name__)


def _read(pairs: dict[str, Any]) -> Any:
    if len(pairs) == 1:
        for name, value in pairs.items():
            if name in _READ:
                return _READ[name](value)
    return pairs


_encode = json.JSONEncoder(default=_write, separators=(",", ":"), check_circular=False, allow_nan=False).encode
_decode = json.JSONDecoder(object_hook=_read).decode


def text(value: Any) -> bytes:
    """A value as bytes of its own, without version: for what is kept within a state."""
    return _encode(value).encode()


def value(kept: bytes) -> Any:
    """What `text` kept."""
    return _decode(kept.decode())


def encode(state: Any, parts: Sequence[Sequence[bytes | bytearray | memoryview]] = ()) -> bytes:
    """State as bytes; `state` is made of lists, dictionaries with text keys and what process data may hold.

    `parts` follow as they are, each of several pieces: bytes that a step carries along without reading them.
    Raises EngineError for a state so large that it could not be read again.
    """
    written = _encode(state).encode()
    if len(written) >= MAX_BYTES:
        raise EngineError(_("What this process knows has become too large; keep it in documents."))
    pieces: list[bytes | bytearray | memoryview] = [
        MAGIC, bytes([VERSION]), zlib.compress(written, 1)
    ]  # fmt: skip
    for part in parts:
        pieces += (sum(map(len, part)).to_bytes(4, "little"), *part)
    return b"".join(pieces)


def decode(snapshot: bytes) -> Any:
    """The state in a snapshot; raises SnapshotInvalid for an unknown version or damaged bytes."""
    return decode_with_parts(snapshot)[0]


def decode_with_parts(snapshot: bytes) -> tuple[Any, list[memoryview]]:
    """The state in a snapshot, and its parts; raises SnapshotInvalid for an unknown version or damaged bytes."""
    if snapshot[:2] != MAGIC or len(snapshot) < 4:
        raise SnapshotInvalid(_("This is not the saved state of a process."))
    if snapshot[2] not in KNOWN:
        raise SnapshotInvalid(
            _(
                "The process was saved in format %(found)s; this version reads only formats up to %(known)s.",
                found=snapshot[2],
                known=VERSION,
            ),
        )
    try:
        reader = zlib.decompressobj()
        found = reader.decompress(memoryview(snapshot)[3:], MAX_BYTES)
        if not reader.eof:
            raise SnapshotInvalid(_("The saved state of this process is damaged."))
        return _decode(found.decode()), list(_parts(memoryview(reader.unused_data)))
    except (zlib.error, ValueError, ArithmeticError) as error:
        raise SnapshotInvalid(_("The saved state of this process is damaged.")) from error


def _parts(behind: memoryview) -> Iterator[memoryview]:
    place = 0
    while place < len(behind):
        size = int.from_bytes(behind[place : place + 4], "little")
        place += 4 + size
        if place > len(behind):
            raise ValueError(size)
        yield behind[place - size : place]
