"""Pages a plugin opens to whoever holds a signed link, without signing in."""

from __future__ import annotations

from typing import Any

import flask
from flask import Response
from flask_appbuilder import BaseView

from erp.documents.base import Document
from erp.documents.signed_links import Grant
from erp.errors import NotFound
from erp.web import portal


class CustomerPage(BaseView):
    """Base of such a page; its routes are marked `public` and begin with `self.enter`."""

    purpose = ""
    """Of the links that open it."""

    def enter(self, token: str) -> tuple[Grant, Document]:
        """Act as the link's holder; raises LinkGone, NotFound for a link of another purpose, or TooManyRequests."""
        grant, document = portal.enter(token)
        if grant.purpose != self.purpose:
            raise NotFound
        return grant, document

    def page(self, template: str, view: Any, status: int = 200) -> Response:
        """The page, which no cache keeps and no search engine lists."""
        answer = flask.make_response(self.render_template(template, view=view), status)
        answer.headers["Cache-Control"] = "private, no-store"
        answer.headers["X-Robots-Tag"] = "noindex"
        return answer
