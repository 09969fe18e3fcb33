from __future__ import annotations

from sqlalchemy.orm import Mapped

from erp import Record, link, text


class Stable(Record):
    """Stable. Stables."""

    name: Mapped[str] = text()
    horse: Mapped[Unicorn] = link()  # noqa: F821 - it is missing on purpose
