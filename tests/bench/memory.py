"""How much more memory a piece of work takes at its height, as Linux counts it."""

from __future__ import annotations

import ctypes
import gc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

STATUS, CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")


@dataclass
class Height:
    """Megabytes above where the work began; set when it is over."""

    mb: float = 0.0


def _kb(name: str) -> int:
    line = next(line for line in STATUS.read_text().splitlines() if line.startswith(name))
    return int(line.split()[1])


@contextmanager
def height() -> Iterator[Height]:
    """Measure what runs inside."""
    found = Height()
    # what earlier work has freed would hide what this takes
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    CLEAR.write_text("5")
    before = _kb("VmRSS")
    yield found
    found.mb = max(0, _kb("VmHWM") - before) / 1024
