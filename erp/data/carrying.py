"""Files carried from one store to another: it goes on where it stopped, and each content is proved by its hash."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field

from erp.data.stores import Store
from erp.errors import NotFound, SetupError

KEY = re.compile(r"\d+/[0-9a-f]{2}/([0-9a-f]{64})")
"""Keys of contents; what else lies in a folder was left half written by a process that died."""


@dataclass
class Carried:
    """What became of the contents of a store."""

    copied: int = 0
    there: int = 0
    """Those the other store had already, from a run before."""
    damaged: list[str] = field(default_factory=list)
    """Keys whose content is not what its hash says; they are not carried."""


def carry(source: Store, target: Store) -> Carried:
    """Copy what the other store lacks; the source keeps everything. Raises StoreAway; run it again to go on.

    A content is read back from where it was written, and SetupError raised when it came out different.
    """
    found = Carried()
    # both stores show a content whole or not at all, so one that is there need not be read again
    known = {key for key, _at in target.listed()}
    for key, _at in source.listed():
        named = KEY.fullmatch(key)
        if named is None:
            continue
        if key in known:
            found.there += 1
            continue
        try:
            content = source.get(key)
        except NotFound:
            continue  # removed since it was listed
        if _digest(content) != named[1]:
            found.damaged.append(key)
            continue
        target.put(key, content)
        if _digest(target.get(key)) != named[1]:
            target.remove(key)
            raise SetupError(f"{key} came out of the new store different from what was put in.")
        found.copied += 1
    return found


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
