"""Pages a plugin has beside those of its types: a till, a kiosk."""

from __future__ import annotations

from typing import ClassVar

from flask_appbuilder import BaseView

from erp.web.shell import OwnEntry


class OwnPage(BaseView):
    """Base of such pages, declared in a plugin's `views.py`; each route asks for its right itself."""

    route_base = ""
    entry: ClassVar[OwnEntry | None] = None
    """What the menu says of it."""
