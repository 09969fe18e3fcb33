"""Messages about a document, as programs read and say them."""

from __future__ import annotations

from typing import Any, ClassVar

import flask
from flask import Response, request
from flask_appbuilder.api import BaseApi, expose

from erp import operations
from erp.comments import messages
from erp.comments.messages import Comment
from erp.errors import Invalid
from erp.i18n import _
from erp.rest.once import once
from erp.rest.sent import body, endpoint


class MessagesApi(BaseApi):
    """Part of every type's resource."""

    type_name: ClassVar[str] = ""

    @expose("/<int:row_id>/messages", methods=["GET"])
    @endpoint("show")
    def list_messages(self, row_id: int) -> Any:
        """What was said about a row, the newest first; `before` is the `next` of the page before."""
        operations.get(self.type_name, row_id)
        before = request.args.get("before", "")
        if before and not (before.isdecimal() and len(before) <= 18):
            raise Invalid(fields={"before": _("Send the `next` of the page before.")})
        found, following = messages.page(self.type_name, row_id, before=int(before) if before else None)
        return {"rows": [message_json(each) for each in found], "next": following or None}

    @expose("/<int:row_id>/messages", methods=["POST"])
    @endpoint("show")
    def post_message(self, row_id: int) -> Any:
        """Say something about a row; colleagues named with @ are told."""
        operations.get(self.type_name, row_id)
        sent = body()
        text = sent.get("text") if isinstance(sent, dict) else None
        if not isinstance(text, str):
            raise Invalid(fields={"text": _("Write something first.")})
        return once(lambda: messages.add(self.type_name, row_id, text), _made)


def message_json(said: Comment) -> dict[str, Any]:
    """A message as REST gives it."""
    return {
        "id": said.id,
        "text": said.text,
        "author": said.author,
        "mentions": [name for _member_id, name in said.mentions],
        "at": said.at.isoformat(),
        "edited_at": said.edited_at.isoformat() if said.edited_at else None,
        "is_taken_back": said.removed_at is not None,
    }


def _made(said: Comment) -> Response:
    answer = flask.jsonify(message_json(said))
    answer.status_code = 201
    return answer
