"""Pages a plugin has beside those of its types: a till, a kiosk."""

from __future__ import annotations

from flask_appbuilder import BaseView


class OwnPage(BaseView):
    """Base of such pages, declared in a plugin's `views.py`; each route asks for its right itself."""

    route_base = ""
