from __future__ import annotations

from sqlalchemy.orm import Mapped

from erp import Document, link, text
from plugins.parties.models import Party
from plugins.receipts import actions  # noqa: F401 - what a plugin must not do


class Inbox(Document):
    """Inbox."""

    icon = "no-such-icon"
    subtitle_field = "nickname"

    state: Mapped[str] = text("State of things")
    customer: Mapped[Party] = link()
