"""What the simulated Stripe holds, and the rules by which it changes."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any

from plugins.stripe.simulator.cards import CARDS, Card

Thing = dict[str, Any]
HOLD_SECONDS = 7 * 24 * 3600
"""How long a card's bank holds an amount."""


class Refused(Exception):
    """An error as Stripe says it."""

    def __init__(self, status: int, kind: str, message: str, **more: Any) -> None:
        super().__init__(message)
        self.status, self.body = status, {"error": {"type": kind, "message": message, **more}}


class Books:
    """Sessions, intents, refunds and events of all accounts; `told` is called with each event and its account."""

    def __init__(self, now: Callable[[], float], told: Callable[[str, Thing], None]) -> None:
        self._now, self._told = now, told
        self.sessions: dict[str, Thing] = {}
        self.intents: dict[str, Thing] = {}
        self.refunds: dict[str, Thing] = {}
        self.events: list[Thing] = []
        self.fee_permille = 0
        """What is kept of every payment, of a thousand."""

    # -- finding --------------------------------------------------------------------------------------------

    def find(self, held: dict[str, Thing], thing_id: str, account: str) -> Thing:
        """A thing of an account, brought up to date."""
        found = held.get(thing_id)
        if found is None or found["_account"] != account:
            raise Refused(404, "invalid_request_error", f"No such object: '{thing_id}'", code="resource_missing")
        self._age(found)
        return found

    def _age(self, thing: Thing) -> None:
        now = self._now()
        if thing["object"] == "checkout.session" and thing["status"] == "open" and now > thing["expires_at"]:
            thing["status"] = "expired"
            self.tell("checkout.session.expired", thing)
        if thing["object"] == "payment_intent" and thing["status"] == "requires_capture" and now > thing["_held_until"]:
            thing.update(status="canceled", cancellation_reason="automatic", amount_capturable=0, canceled_at=int(now))
            self.tell("payment_intent.canceled", thing)

    def tell(self, kind: str, thing: Thing) -> None:
        """Write an event and have it sent."""
        shown = {name: value for name, value in thing.items() if not name.startswith("_")}
        event = {
            "id": f"evt_{secrets.token_hex(12)}", "object": "event", "api_version": "2026-10-28.endive",
            "created": int(self._now()), "type": kind, "livemode": False, "data": {"object": shown},
        }  # fmt: skip
        self.events.append({**event, "_account": thing["_account"]})
        self._told(thing["_account"], event)

    def _new(self, prefix: str, kind: str, account: str, **more: Any) -> Thing:
        return {
            "id": f"{prefix}_{secrets.token_hex(12)}", "object": kind, "created": int(self._now()), "livemode": False,
            "_account": account, **more,
        }  # fmt: skip

    # -- paying ---------------------------------------------------------------------------------------------

    def new_session(self, account: str, facts: Thing) -> Thing:
        """A page that waits for a card."""
        session = self._new("cs_test", "checkout.session", account, **facts)
        session.update(status="open", payment_status="unpaid", payment_intent=None)
        self.sessions[session["id"]] = session
        return session

    def expire(self, session: Thing) -> Thing:
        """Close a page."""
        if session["status"] != "open":
            message = 'Only Checkout Sessions with a status in ["open"] can be expired.'
            raise Refused(400, "invalid_request_error", message)
        session["status"] = "expired"
        if session["payment_intent"]:
            self.cancel(self.intents[session["payment_intent"]])
        self.tell("checkout.session.expired", session)
        return session

    def pay(self, session: Thing, number: str) -> str:
        """Charge a test card on a page: paid, challenge, or the sentence of a decline."""
        card, intent = CARDS[number], self._intent_of(session)
        intent["_card"] = number
        if card.asks:
            intent.update(status="requires_action", next_action={"type": "redirect_to_url"})
            self.tell("payment_intent.requires_action", intent)
            return "challenge"
        if card.code:
            return self._decline(intent, card)
        return self._succeed(session, intent)

    def challenged(self, session: Thing, *, passed: bool) -> str:
        """The holder has proved who they are, or has not."""
        intent = self._intent_of(session)
        if intent["status"] != "requires_action":
            return "over"
        if passed:
            return self._succeed(session, intent)
        message = "We are unable to authenticate your payment method. Please choose a different payment method."
        return self._decline(intent, Card("payment_intent_authentication_failure", "", message))

    def _intent_of(self, session: Thing) -> Thing:
        if session["payment_intent"]:
            return self.intents[session["payment_intent"]]
        intent = self._new(
            "pi", "payment_intent", session["_account"], amount=session["amount_total"], currency=session["currency"],
            capture_method=session["_capture_method"], metadata=session["_intent_metadata"], amount_received=0,
            amount_capturable=0, last_payment_error=None, latest_charge=None, cancellation_reason=None,
            status="requires_payment_method",
        )  # fmt: skip
        self.intents[intent["id"]] = intent
        session["payment_intent"] = intent["id"]
        self.tell("payment_intent.created", intent)
        return intent

    def _decline(self, intent: Thing, card: Card) -> str:
        charge = f"ch_{secrets.token_hex(12)}"
        error = {"type": "card_error", "code": card.code, "message": card.message, "charge": charge}
        if card.decline_code:
            error["decline_code"] = card.decline_code
        intent.update(status="requires_payment_method", last_payment_error=error, latest_charge=charge)
        self.tell("payment_intent.payment_failed", intent)
        return card.message

    def _succeed(self, session: Thing, intent: Thing) -> str:
        intent.update(last_payment_error=None, next_action=None, latest_charge=f"ch_{secrets.token_hex(12)}")
        if intent["capture_method"] == "manual":
            intent.update(
                status="requires_capture", amount_capturable=intent["amount"], _held_until=self._now() + HOLD_SECONDS
            )
            self.tell("payment_intent.amount_capturable_updated", intent)
        else:
            intent.update(status="succeeded", amount_received=intent["amount"])
            self.tell("payment_intent.succeeded", intent)
        session.update(status="complete", payment_status="paid")
        self.tell("checkout.session.completed", session)
        return "paid"

    # -- afterwards -----------------------------------------------------------------------------------------

    def capture(self, intent: Thing, amount: int | None) -> Thing:
        """Take what is held, or a part of it."""
        self._must_be(intent, "requires_capture", "captured")
        amount = intent["amount_capturable"] if amount is None else amount
        if not 0 < amount <= intent["amount_capturable"]:
            message = "The amount to capture is greater than the amount that can be captured."
            raise Refused(400, "invalid_request_error", message, code="amount_too_large")
        intent.update(status="succeeded", amount_received=amount, amount_capturable=0)
        self.tell("payment_intent.succeeded", intent)
        return intent

    def with_balance(self, intent: Thing) -> Thing:
        """The intent with its charge and what of it came to the balance, written out."""
        received = intent["amount_received"]
        fee = received * self.fee_permille // 1000
        balance = {
            "id": f"txn_{intent['id']}", "object": "balance_transaction", "amount": received, "fee": fee,
            "net": received - fee, "currency": intent["currency"], "exchange_rate": None,
        }  # fmt: skip
        charge = {"id": intent["latest_charge"], "object": "charge", "balance_transaction": balance if fee else None}
        return {**intent, "latest_charge": charge if intent["latest_charge"] else None}

    def cancel(self, intent: Thing) -> Thing:
        """Give up what is held or was never paid."""
        if intent["status"] in {"succeeded", "canceled", "processing"}:
            self._must_be(intent, "requires_capture", "canceled")
        intent.update(status="canceled", cancellation_reason=None, amount_capturable=0)
        self.tell("payment_intent.canceled", intent)
        return intent

    def _must_be(self, intent: Thing, status: str, verb: str) -> None:
        if intent["status"] != status:
            shown = {name: value for name, value in intent.items() if not name.startswith("_")}
            raise Refused(
                400, "invalid_request_error",
                f"This PaymentIntent could not be {verb} because it has a status of {intent['status']}.",
                code="payment_intent_unexpected_state", payment_intent=shown,
            )  # fmt: skip

    def refund(self, intent: Thing, amount: int | None, metadata: Thing, *, pending: bool = False) -> Thing:
        """Give back what was received, once."""
        given = sum(
            each["amount"]
            for each in self.refunds.values()
            if each["payment_intent"] == intent["id"] and each["status"] not in {"failed", "canceled"}
        )
        left = intent["amount_received"] - given
        if left <= 0:
            message = "Charge has already been refunded." if given else "This PaymentIntent has no successful charge."
            raise Refused(400, "invalid_request_error", message, code="charge_already_refunded" if given else None)
        amount = left if amount is None else amount
        if not 0 < amount <= left:
            raise Refused(400, "invalid_request_error", "Refund amount is greater than unrefunded amount on charge")
        waits = pending or CARDS[intent["_card"]].refund_fails
        refund = self._new(
            "re", "refund", intent["_account"], amount=amount, currency=intent["currency"],
            payment_intent=intent["id"], metadata=metadata, status="pending" if waits else "succeeded",
        )  # fmt: skip
        self.refunds[refund["id"]] = refund
        self.tell("refund.created", refund)
        if not waits:
            self.tell("charge.refunded", {**intent, "object": "charge", "payment_intent": intent["id"]})
        return refund

    def settle(self, refund: Thing, status: str) -> Thing:
        """What the bank says to a refund days later: succeeded or failed."""
        refund["status"] = status
        if status == "failed":
            refund["failure_reason"] = "expired_or_canceled_card"
        self.tell("refund.failed" if status == "failed" else "refund.updated", refund)
        return refund
