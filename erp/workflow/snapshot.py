"""The saved state of a process as bytes: our own format with a version, exact types, and no meaning in key order."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from erp.i18n import _
from erp.workflow.errors import SnapshotInvalid

MAGIC = b"MR"
VERSION = 1
MAX_BYTES = 32 * 1024 * 1024

# Names in process data never begin with $ (see values.cleaned), so these cannot be mistaken.
_READ: dict[str, Callable[[str], Any]] = {
    "$decimal": Decimal,
    "$date": date.fromisoformat,
    "$moment": lambda text: datetime.fromisoformat(text).astimezone(UTC),
    "$uuid": UUID,
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
    raise TypeError(type(value).__name__)


def _read(pairs: dict[str, Any]) -> Any:
    if len(pairs) == 1:
        for name, value in pairs.items():
            if name in _READ:
                return _READ[name](value)
    return pairs


_encode = json.JSONEncoder(default=_write, separators=(",", ":"), check_circular=False, allow_nan=False).encode
_decode = json.JSONDecoder(object_hook=_read).decode


def encode(state: Any) -> bytes:
    """State as bytes; `state` is made of lists, dictionaries with text keys and what process data may hold."""
    return MAGIC + bytes([VERSION]) + zlib.compress(_encode(state).encode(), 1)


def decode(snapshot: bytes) -> Any:
    """The state in a snapshot; raises SnapshotInvalid for an unknown version or damaged bytes."""
    if snapshot[:2] != MAGIC or len(snapshot) < 4:
        raise SnapshotInvalid(_("This is not the saved state of a process."))
    if snapshot[2] != VERSION:
        raise SnapshotInvalid(
            _(
                "The process was saved in format %(found)s; this version reads only format %(known)s.",
                found=snapshot[2],
                known=VERSION,
            ),
        )
    try:
        reader = zlib.decompressobj()
        text = reader.decompress(snapshot[3:], MAX_BYTES)
        if not reader.eof:
            raise SnapshotInvalid(_("The saved state of this process is damaged."))
        return _decode(text.decode())
    except (zlib.error, ValueError, ArithmeticError) as error:
        raise SnapshotInvalid(_("The saved state of this process is damaged.")) from error
