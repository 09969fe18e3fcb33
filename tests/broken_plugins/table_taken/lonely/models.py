from __future__ import annotations

from sqlalchemy.orm import Mapped

from erp import Record, text


class Party(Record):
    """Party. Parties."""

    name: Mapped[str] = text()
