from __future__ import annotations

from sqlalchemy.orm import Mapped

from erp import Line, text


class StrayLine(Line):
    """Line. Lines."""

    description: Mapped[str] = text()
