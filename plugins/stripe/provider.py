"""Stripe as a provider of card payments: its own page (Checkout), manual capture for what is only held."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from erp import ProcessError, clock, money
from plugins.payments.api import Declined, Made, Page, Request, Seen, SeenRefund, providers
from plugins.stripe.wire import Replayed, UnexpectedState, major, minor, talking

if TYPE_CHECKING:
    from stripe import V1Services

KEY_LIVES = timedelta(hours=23)
"""How long a key surely stands for the same request; Stripe may forget it after 24 hours."""
PAGE_LIVES = timedelta(hours=12)
MARK = "millrace_mark"
PAYMENT = "millrace_payment"
REASONS = {"duplicate": "duplicate", "requested_by_customer": "requested_by_customer"}
REFUNDS = {"succeeded": "refunded", "failed": "failed", "canceled": "failed"}
EXPIRED = "The card page has expired."
STATUSES = {"requires_capture": "held", "succeeded": "paid", "canceled": "cancelled"}


WITH_BALANCE: Any = {"expand": ["latest_charge.balance_transaction"]}
"""An intent with what of its charge came to our balance, and the fee (docs.stripe.com/api/expanding_objects)."""


class Stripe:
    """Each request is sent with the key it was asked with, then the payment is read: the answer is what Stripe has."""

    name = "stripe"
    title = "Stripe"

    def open_page(self, request: Request, key: str) -> Page:
        """A Checkout session; raises ProcessError when it was asked for so long ago that nobody waits."""
        asked_at = datetime.fromisoformat(request["asked_at"])
        if clock.now() - asked_at > PAGE_LIVES - timedelta(hours=1):
            raise ProcessError("page_too_late", "The card page could not be opened in time.")
        until = asked_at + PAGE_LIVES
        with talking() as talk:
            made = talk.checkout.sessions.create(_checkout(request, until), {"idempotency_key": key})
        return {"reference": made.id, "url": str(made.url), "until": until.isoformat()}

    def capture(self, request: Request, key: str) -> Seen:
        """Take a part of what is held."""
        amount = minor(request["amount"], request["currency"])

        def send(talk: V1Services, with_key: str) -> object:
            taken: Any = {"amount_to_capture": amount}
            return talk.payment_intents.capture(request["reference"], taken, {"idempotency_key": with_key})

        return self._once(request, key, send, lambda seen: seen["status"] != "held")

    def release(self, request: Request, key: str) -> Seen:
        """Cancel what is held, or let the page expire."""

        def send(talk: V1Services, with_key: str) -> object:
            if request["held"]:
                return talk.payment_intents.cancel(request["reference"], {}, {"idempotency_key": with_key})
            return talk.checkout.sessions.expire(request["page"], {}, {"idempotency_key": with_key})

        return self._once(request, key, send, lambda seen: seen["status"] in {"cancelled", "over"})

    def refund(self, request: Request, key: str) -> Seen:
        """Give money back; the refund carries our mark, by which it is found again."""
        sent: Any = {
            "payment_intent": request["reference"],
            "amount": minor(request["amount"], request["currency"]),
            "metadata": {MARK: request["mark"], PAYMENT: str(request["payment"])},
        }
        if request["reason"] in REASONS:
            sent["reason"] = REASONS[request["reason"]]

        def send(talk: V1Services, with_key: str) -> object:
            return talk.refunds.create(sent, {"idempotency_key": with_key})

        return self._once(
            request, key, send, lambda seen: any(refund["mark"] == request["mark"] for refund in seen["refunds"])
        )

    def read(self, request: Request) -> Seen:
        """How the payment stands: by its own number, before it has one by its page."""
        reference = request["reference"]
        with talking() as talk:
            intent = talk.payment_intents.retrieve(reference, WITH_BALANCE) if reference else None
            over = False
            if intent is None or intent.status not in STATUSES:
                page = talk.checkout.sessions.retrieve(request["page"])
                reference, over = _id(page.payment_intent), page.status == "expired"
            if not reference:
                return _nothing(request, over=over)
            if intent is None:
                intent = talk.payment_intents.retrieve(reference, WITH_BALANCE)
            refunds = []
            if intent.amount_received:
                found = talk.refunds.list({"payment_intent": reference, "limit": 100})
                refunds = list(found.auto_paging_iter())
        return _seen(intent, refunds, over=over)

    def made(self, since: datetime, until: datetime) -> list[Made]:
        """Payments with our mark; what else the account takes is none of our business."""
        created: Any = {"gte": int(since.timestamp()), "lte": int(until.timestamp())}
        with talking() as talk:
            found = list(talk.payment_intents.list({"created": created, "limit": 100}).auto_paging_iter())
        return [
            {
                "reference": intent.id,
                "currency": intent.currency.upper(),
                "amount": major(intent.amount_received or intent.amount_capturable or 0, intent.currency.upper()),
            }
            for intent in found
            if intent.status in {"succeeded", "requires_capture"} and PAYMENT in (intent.metadata or {})
        ]

    def _once(
        self, request: Request, key: str, send: Callable[[V1Services, str], object], is_done: Callable[[Seen], bool]
    ) -> Seen:
        """Send so that it happens once: the key while it lives, a look before sending when it may be forgotten."""
        if clock.now() - datetime.fromisoformat(request["asked_at"]) > KEY_LIVES and is_done(
            seen := self.read(request)
        ):
            return seen
        try:
            with talking() as talk:
                send(talk, key)
        except UnexpectedState:
            return self.read(request)
        except Replayed:
            # Stripe keeps a failure of its own under this key for ever: look, and only then ask anew
            if is_done(seen := self.read(request)):
                return seen
            with talking() as talk:
                send(talk, f"{key}:again")
        return self.read(request)


def _checkout(request: Request, until: datetime) -> Any:
    currency, own = request["currency"].lower(), {PAYMENT: str(request["payment"])}
    item = {
        "quantity": 1,
        "price_data": {
            "currency": currency,
            "unit_amount": minor(request["amount"], request["currency"]),
            "product_data": {"name": request["what"] or "–"},
        },
    }
    intent = {"capture_method": "manual" if request["hold"] else "automatic", "metadata": own}
    sent = {
        "mode": "payment",
        "payment_method_types": ["card"],
        "line_items": [item],
        "payment_intent_data": intent,
        "metadata": own,
        "client_reference_id": str(request["payment"]),
        "success_url": f"{request['address']}?back=paid",
        "cancel_url": f"{request['address']}?back=left",
        "expires_at": int(until.timestamp()),
    }
    return {**sent, "customer_email": request["email"]} if request["email"] else sent


def _id(linked: Any) -> str:
    """The id of what may be an id, a whole object or nothing."""
    return str(getattr(linked, "id", linked) or "")


def _nothing(request: Request, *, over: bool) -> Seen:
    """Nobody has typed a card yet."""
    return {
        "reference": "", "currency": request["currency"], "status": "over" if over else "open", "held": "0",
        "captured": "0", "declined": None, "reason": EXPIRED * over, "refunds": [],
    }  # fmt: skip


def _seen(intent: Any, refunds: list[Any], *, over: bool) -> Seen:
    currency = intent.currency.upper()
    status = STATUSES.get(intent.status, "over" if over else "open")
    return {
        "reference": intent.id,
        "currency": currency,
        "status": status,
        "held": major(intent.amount_capturable or 0, currency),
        "captured": major(intent.amount_received or 0, currency),
        "declined": _declined(intent) if status in {"open", "over"} else None,
        "reason": str(getattr(intent, "cancellation_reason", "") or EXPIRED * over),
        "refunds": [_refund(each, currency) for each in refunds],
        "fee": _fee(intent, currency),
    }


def _fee(intent: Any, currency: str) -> str:
    """What Stripe kept, in the payment's currency; "0" while it does not say.

    A balance in another currency names the rate it was made at: so much of its own for one of the payment's.
    """
    balance = getattr(intent.latest_charge, "balance_transaction", None)
    if balance is None or isinstance(balance, str) or not balance.fee:
        return "0"
    fee = Decimal(major(balance.fee, balance.currency.upper()))
    if balance.currency.upper() != currency:
        if not balance.exchange_rate:
            return "0"
        fee = money.rounded(Fraction(fee) / Fraction(str(balance.exchange_rate)), currency)
    return f"{fee:f}"


def _declined(intent: Any) -> Declined | None:
    error = intent.last_payment_error
    if not error:
        return None
    code = str(getattr(error, "decline_code", "") or error.code or "declined")
    attempt = str(getattr(error, "charge", "") or "")
    return {"reference": attempt or f"{intent.id}:{code}", "code": code, "message": str(error.message or code)}


def _refund(refund: Any, currency: str) -> SeenRefund:
    metadata = refund.metadata.to_dict() if refund.metadata else {}
    return {
        "reference": refund.id,
        "mark": str(metadata.get(MARK, "")),
        "amount": major(refund.amount, currency),
        "status": REFUNDS.get(refund.status, "pending"),
        "failure": str(getattr(refund, "failure_reason", "") or ""),
    }


@providers.answer
def stripe_provider() -> Stripe:
    """Stripe, for every tenant that has set its credentials."""
    return Stripe()
