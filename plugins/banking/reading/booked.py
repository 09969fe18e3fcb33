"""A statement as its file says it."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Booked:
    """A line of a statement: what came in is positive, what went out negative."""

    on: date
    amount: Decimal
    name: str = ""
    text: str = ""
    reference: str = ""
    """What the bank calls it, the same in every file it stands in."""


@dataclass(frozen=True, slots=True)
class Read:
    """A file of a bank."""

    format: str
    lines: Sequence[Booked]
    number: str = ""
    """The account it is about; empty where the file does not say."""
    currency: str = ""
    reference: str = ""
    opening: Decimal | None = None
    closing: Decimal | None = None
    starts_on: date | None = None
    ends_on: date | None = None


def keys(lines: Sequence[Booked]) -> list[str]:
    """What tells each line from every other of its account, the same when it comes in another file.

    The bank's reference and the amount; without a reference all it says. Of lines that say the same the first, second …
    of the day are told apart by their place, for a bank repeats a whole day.
    """
    seen: Counter[str] = Counter()
    found = []
    for line in lines:
        said = [line.reference] if line.reference else [line.on.isoformat(), line.name, line.text]
        told = "\x1f".join((*said, f"{line.amount.normalize():f}"))
        seen[told] += 1
        found.append(hashlib.sha256(f"{told}\x1f{seen[told]}".encode()).hexdigest())
    return found
