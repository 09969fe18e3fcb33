"""Messages to processes: a program sends one, and looks through what became of those that were sent."""

from __future__ import annotations

from typing import Any

import flask
from flask import Response, request
from flask_appbuilder.api import BaseApi, expose

from erp import operations
from erp.errors import Invalid
from erp.i18n import _
from erp.rest import rows
from erp.rest.once import HEADER
from erp.rest.sent import body, endpoint
from erp.workflow.messaging import messages
from erp.workflow.models import EXPIRED, REFUSED, TAKEN, TOLD, WAITING, WorkflowMessage

PARTS = frozenset({"name", "key", "payload", "message_id", "ttl"})
STATUSES = (WAITING, TAKEN, TOLD, REFUSED, EXPIRED)


class MessageApi(BaseApi):
    """Everything below /api/v1/message/."""

    resource_name = "message"

    @expose("/", methods=["POST"])
    @endpoint()
    def post(self) -> Any:
        """Send a message to whoever waits for its name and key; its id is the Idempotency-Key or `message_id`.

        Sent again with the same id nothing happens and the answer is what has become of it.
        """
        sent, message_id = _read(PARTS)
        return _accepted(
            operations.send_message(
                sent.get("name", ""), sent.get("key"), sent.get("payload", {}), message_id, ttl=sent.get("ttl", "")
            )
        )

    @expose("/", methods=["GET"])
    @endpoint()
    def list(self) -> Any:
        """Messages and signals, the newest first; `status` names a state, `before` is the `next` of the page before."""
        wanted, before = request.args.get("status", ""), request.args.get("before", "")
        if wanted and wanted not in STATUSES:
            raise Invalid(fields={"status": _("Take one of %(known)s.", known=", ".join(STATUSES))})
        if before and not (before.isdecimal() and len(before) <= 18):
            raise Invalid(fields={"before": _("Send the `next` of the page before.")})
        found = messages.page((wanted,) if wanted else (), int(before) if before else None)
        page = found[: messages.PAGE]
        return {
            "rows": [message_json(each) for each in page],
            "next": page[-1].id if len(found) > len(page) else None,
        }


class SignalApi(BaseApi):
    """Everything below /api/v1/signal/."""

    resource_name = "signal"

    @expose("/", methods=["POST"])
    @endpoint()
    def post(self) -> Any:
        """Tell everybody who waits for a signal now, and begin the processes that it begins; it is kept for nobody.

        Its id is the Idempotency-Key or `message_id`: sent again with the same id nothing happens.
        """
        sent, message_id = _read(PARTS - {"key", "ttl"})
        return _accepted(operations.send_signal(sent.get("name", ""), sent.get("payload", {}), message_id))


def _read(parts: frozenset[str]) -> tuple[dict[str, Any], str]:
    """What was sent, and the id it goes by; raises Invalid with a sentence for each part that is none of these."""
    sent = body()
    if not isinstance(sent, dict):
        raise Invalid(_("Send a JSON object with the message."))
    unknown = {name: _("There is no such field.") for name in sent if name not in parts}
    texts = {
        name: _("Must be a text.") for name in ("name", "ttl", "message_id") if not isinstance(sent.get(name, ""), str)
    }
    if unknown or texts:
        raise Invalid(fields=unknown | texts)
    told = request.headers.get(HEADER, "").strip()
    if told and sent.get("message_id", told) != told:
        raise Invalid(fields={"message_id": _("The Idempotency-Key and the message id differ; send one of them.")})
    return sent, told or sent.get("message_id", "")


def _accepted(made: WorkflowMessage) -> Response:
    answer = flask.jsonify(message_json(made))
    answer.status_code = 202
    return answer


def message_json(message: WorkflowMessage) -> dict[str, Any]:
    """A message and what became of it."""
    return {
        "id": message.id,
        "message_id": message.message_id,
        "kind": message.kind,
        "name": message.name,
        "key": message.key,
        "payload": message.payload,
        "sender": message.sender,
        "status": message.status,
        "reason": message.reason,
        "received_at": rows.moment(message.received_at),
        "expires_at": rows.moment(message.expires_at),
        "taken_at": rows.moment(message.taken_at),
    }
