"""Stripe's webhooks: a signed notice says which payment to look at; what it says itself is not believed."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from erp import Notice, NoticeRefused, Receiver, _, late, session, vault
from plugins.payments.api import locked, open_review, payment_at, take_over
from plugins.payments.models import Payment
from plugins.stripe.provider import PAYMENT, Stripe
from plugins.stripe.wire import major

if TYPE_CHECKING:
    import stripe
else:
    stripe = late.module("stripe")

WINDOW = 300
"""Seconds a signature holds."""
LOOKED_AT = ("checkout.session.", "payment_intent.", "charge.", "refund.")
"""What the events begin with that may concern a payment of ours."""


class StripeNotices(Receiver):
    """Which payment a notice is about is worked out here, how it stands is read from Stripe."""

    provider = "stripe"
    title = "Stripe"

    def verified(self, body: bytes, headers: Mapping[str, str]) -> Notice:
        """The notice if one of our secrets has signed it in the last five minutes."""
        signature = headers.get("Stripe-Signature", "")
        # a secret set a moment ago is not among those of lately
        if not (
            _is_signed(body, signature, vault.lately_accepted("stripe", "webhook_secret"))
            or _is_signed(body, signature, vault.accepted("stripe", "webhook_secret"))
        ):
            raise NoticeRefused
        try:
            event = json.loads(body)
            return Notice(str(event["id"])[:120], str(event["type"])[:120], _about(event["data"]["object"]))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise NoticeRefused from error

    def fetch(self, notice: Notice) -> Any:
        """Which payment it is and how Stripe has it now; nothing for what is not ours."""
        if not notice.kind.startswith(LOOKED_AT):
            return {}
        payment = _payment_of(notice.content)
        if payment is None:
            return {}
        request = {
            "reference": payment.provider_reference, "page": payment.page_reference, "currency": payment.currency,
        }  # fmt: skip
        session.remove()
        return {"payment": payment.id, "seen": Stripe().read(request)}

    def record(self, notice: Notice, fetched: Any) -> str:
        """Take over what is new; money with our mark that no payment of ours asked for is for a person."""
        if fetched:
            payment = locked(fetched["payment"])
            take_over(payment, fetched["seen"])
            return f"{payment.number}: {payment.status}"
        content = notice.content
        if notice.kind == "payment_intent.succeeded" and content["mark"]:
            currency = content["currency"].upper()
            open_review(
                "unknown_payment", _("Stripe has money for a payment we do not know."), payment=None,
                amount=Decimal(major(content["amount"], currency)), currency=currency, provider="stripe",
                reference=content["intent"],
            )  # fmt: skip
            return "to be looked at"
        return "not ours"


def _is_signed(body: bytes, signature: str, secrets: Sequence[str]) -> bool:
    """Whether one of the secrets has signed it lately."""
    for secret in secrets:
        try:
            stripe.WebhookSignature.verify_header(body.decode(), signature, secret, WINDOW)
        except (stripe.SignatureVerificationError, UnicodeDecodeError, ValueError):
            continue
        return True
    return False


def _about(thing: Mapping[str, Any]) -> dict[str, Any]:
    """What of an event's object says which payment it is about; nothing of the customer is kept."""
    kind, own = str(thing.get("object", "")), str(thing.get("id", ""))
    intent = own if kind == "payment_intent" else thing.get("payment_intent") or ""
    return {
        "intent": str(intent["id"] if isinstance(intent, dict) else intent),
        "page": own if kind == "checkout.session" else "",
        "mark": str((thing.get("metadata") or {}).get(PAYMENT, "")),
        "amount": int(thing.get("amount_received") or thing.get("amount") or 0),
        "currency": str(thing.get("currency") or ""),
    }


def _payment_of(content: Mapping[str, Any]) -> Payment | None:
    found = payment_at("stripe", reference=content["intent"], page=content["page"])
    if found is not None or not content["mark"].isdecimal() or len(content["mark"]) > 18:
        return found
    marked = session().get(Payment, int(content["mark"]))
    # the mark alone proves nothing: it is our payment only while no other number is known of it
    is_ours = (
        marked is not None and marked.provider == "stripe" and marked.provider_reference in {"", content["intent"]}
    )
    return marked if is_ours and marked is not None and marked.page_reference else None
