"""The reminders a company begins with; each may be worded anew, and more may be added."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from erp import _l

LEVELS: Sequence[Mapping[str, Any]] = (
    {"level": 1, "name": _l("Reminder"), "days": 7,
     "words": _l("You may have overlooked what is listed below. Please pay it within a week.")},
    {"level": 2, "name": _l("Second reminder"), "days": 7,
     "words": _l("What is listed below is still open. Please pay it within a week, or tell us what keeps you.")},
    {"level": 3, "name": _l("Last reminder"), "days": 7,
     "words": _l("What is listed below is open in spite of our reminders. Please pay it within a week; afterwards we "
                 "hand it on for collection.")},
)  # fmt: skip
