"""The doorway for services that know nothing of our API: a notice they sign becomes a message to a process."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

from erp.data import vault
from erp.errors import Invalid
from erp.i18n import N_, _
from erp.webhooks import Notice, NoticeRefused, Receiver
from erp.workflow.diagrams.exchange import MESSAGE
from erp.workflow.messaging import messages

SECRET = "webhook_secret"  # noqa: S105 - the name it is kept under
SIGNATURE = "X-Signature-256"
"""Header: `sha256=` and the HMAC-SHA256 of the body with the secret, in hex."""
LONGEST_ID = 120
CREDENTIALS: Mapping[str, str] = {SECRET: N_("Signing secret")}


class Doorway(Receiver):
    """A body of `{"id", "name", "key", "payload"}`; the id is the message's own, so a repeat is the same message."""

    provider = "message"
    title = N_("Messages to processes")

    def verified(self, body: bytes, headers: Mapping[str, str]) -> Notice:
        """The message if our secret has signed it; raises NoticeRefused, and Invalid for what is no message."""
        given = next((value for name, value in headers.items() if name.lower() == SIGNATURE.lower()), "")
        if not any(_is_signed(body, given, secret) for secret in vault.accepted(self.provider, SECRET)):
            raise NoticeRefused
        try:
            sent = json.loads(body)
        except (ValueError, RecursionError):
            raise Invalid(
                _("This is not JSON: %(hint)s", hint=_("check quotation marks, commas and numbers."))
            ) from None
        if not isinstance(sent, dict) or not all(isinstance(sent.get(name), str) for name in ("id", "name")):
            raise Invalid(_("Send a JSON object with the message."), fields={"id": _("Must be a text.")})
        if len(sent["id"]) > LONGEST_ID:
            raise Invalid(fields={"id": _("It is longer than %(count)s characters.", count=LONGEST_ID)})
        made = messages.checked(MESSAGE, sent["name"], sent.get("key"), sent.get("payload", {}), sent["id"])
        return Notice(made.message_id, made.name, {"key": made.key, "payload": dict(made.payload)})

    def fetch(self, notice: Notice) -> Any:  # noqa: ARG002 - of the protocol
        """Nothing: the signature proves the message, and there is nobody to ask."""
        return {}

    def record(self, notice: Notice, fetched: Any) -> str:  # noqa: ARG002 - of the protocol
        """Send it on; what became of it."""
        content = notice.content
        sent = messages.checked(
            MESSAGE, notice.kind, content["key"], content["payload"], notice.event_id, sender=_("Webhook")
        )
        return messages.send(sent).status


def _is_signed(body: bytes, given: str, secret: str) -> bool:
    wanted = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(f"sha256={wanted}".encode(), given.strip().encode())
