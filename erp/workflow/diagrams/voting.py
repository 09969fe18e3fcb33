"""What a vote says, how an approval ends by it, and what its process then knows: pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

DECISION, COMMENT = "decision", "comment"
"""What a vote answers."""
ENDS: Mapping[str, str] = {"approve": "approved", "reject": "rejected", "return": "returned"}
"""{what a vote says: how an approval ends by it alone}"""


def told(outcome: str, comment: str) -> dict[str, Any]:
    """Process data: `approved`, `rejected` and `returned`, one of them true, and what was said last."""
    return {**{name: name == outcome for name in ENDS.values()}, "approval": outcome, "approval_comment": comment}
