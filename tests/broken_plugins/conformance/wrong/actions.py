from __future__ import annotations

from erp import Invalid, action
from erp.data.base import session  # noqa: F401 - what a plugin must not do
from wrong.models import Inbox


@action
def refuse(document: Inbox, why: str) -> None:
    """Refuse in English only."""
    raise Invalid(f"You cannot do this: {why}")
