from __future__ import annotations

from erp import Document, action


@action
def weigh(document: Document, weight: float) -> None:
    """Takes what no diagram can give."""
