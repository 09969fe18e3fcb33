"""The way in of outside services that tell us something: an unguessable address and a signature are their sign-in."""

from __future__ import annotations

from typing import Any

from flask import current_app, request
from flask_appbuilder import BaseView, expose

from erp import webhooks
from erp.web.guard import public


class Hooks(BaseView):
    """`/hooks/<provider>/<token>`: answered as soon as the notice is kept."""

    route_base = "/hooks"
    default_view = "take"

    def create_blueprint(self, *args: Any, **kwargs: Any) -> Any:
        """No form sends these, so no token of a form is asked for."""
        made = super().create_blueprint(*args, **kwargs)
        current_app.extensions["csrf"].exempt(made)
        return made

    @expose("/<provider>/<token>", methods=["POST"])
    @public
    def take(self, provider: str, token: str) -> dict[str, bool]:
        """Keep a notice; a second one of the same event is thanked for and dropped."""
        request.max_content_length = webhooks.LARGEST
        return {"new": webhooks.take(provider, token, request.get_data(), dict(request.headers))}
