"""Speaking with Stripe: one client for a call, and what went wrong told apart by whether anything may have happened."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from http import HTTPStatus
from typing import TYPE_CHECKING, ClassVar

from erp import ErpError, ProcessError, late, money, settings, vault

if TYPE_CHECKING:
    import stripe
else:
    stripe = late.module("stripe")

VERSION = "2026-10-28.endive"
"""The API's version our code is written for; Stripe keeps answering in it."""
HOME = "https://api.stripe.com"
SIMULATED = "sk_test_simulated_"
"""How the keys of the simulator begin, which no real one does; they go there and nowhere else."""
PATIENCE = 20
"""Seconds an answer may take."""
AS_HUNDREDTHS = frozenset({"ISK", "UGX"})
"""Currencies without decimals that Stripe counts in hundredths all the same (docs.stripe.com/currencies)."""


class NothingHappened(ErpError):
    """Stripe did not take this on; it is safe to send it again."""

    code = "stripe_busy"


class Uncertain(ErpError):
    """Stripe's answer did not reach us; only the same key may be sent again."""

    code = "stripe_uncertain"


class Replayed(Uncertain):
    """Stripe has kept a failure of its own for this key, and will say nothing else to it."""

    code = "stripe_replayed"


class KeyMisused(ErpError):
    """A key was sent with other content than the first time: an error of ours, nothing is sent again."""

    code = "stripe_key_misused"
    is_final: ClassVar[bool] = True


class UnexpectedState(ErpError):
    """The payment stands differently at Stripe than this request takes for granted."""

    code = "stripe_unexpected_state"


@contextmanager
def talking() -> Iterator[stripe.V1Services]:
    """Stripe in the acting tenant's name; it never tries again by itself, since our own row does.

    Raises ProcessError for a definite no, and one of ours for everything else that goes wrong.
    """
    key = vault.credential("stripe", "secret_key")
    base = settings().simulator("stripe") if key.startswith(SIMULATED) else settings().service("stripe", HOME)
    if not base:
        raise NothingHappened(detail={"reason": "The simulated Stripe does not run here."})
    connections = stripe.RequestsClient(timeout=PATIENCE)
    client = stripe.StripeClient(
        key,
        base_addresses={"api": base},
        stripe_version=VERSION,
        max_network_retries=0,
        http_client=connections,
    )
    try:
        yield client.v1
    except stripe.StripeError as error:
        raise _meaning(error) from error
    finally:
        connections.close()  # type: ignore[no-untyped-call] # the SDK leaves it without types


def _meaning(error: stripe.StripeError) -> ErpError:
    text = str(error.user_message or error)[:300]
    headers = {name.lower(): value for name, value in (error.headers or {}).items()}
    if error.http_status == HTTPStatus.CONFLICT:
        return NothingHappened(detail={"reason": text})
    if isinstance(error, stripe.IdempotencyError):
        return KeyMisused(detail={"reason": text})
    if isinstance(error, stripe.CardError):
        return ProcessError(str(error.code or "card_declined"), text)
    if isinstance(error, stripe.RateLimitError | stripe.AuthenticationError | stripe.PermissionError):
        return NothingHappened(detail={"reason": text})
    if isinstance(error, stripe.InvalidRequestError):
        if error.code == "payment_intent_unexpected_state":
            return UnexpectedState(detail={"reason": text})
        return ProcessError(str(error.code or "invalid_request"), text)
    if headers.get("idempotent-replayed") == "true":
        return Replayed(detail={"reason": text})
    return Uncertain(detail={"reason": text})


def minor(amount: str, currency: str) -> int:
    """An amount as Stripe counts it; raises ProcessError for what it cannot count."""
    number = Decimal(amount).scaleb(_places(currency))
    if number != number.to_integral_value():
        raise ProcessError("amount_invalid", f"{amount} {currency}")
    return int(number)


def major(number: int, currency: str) -> str:
    """Stripe's number as an amount of the currency."""
    return format(Decimal(number).scaleb(-_places(currency)), "f")


def _places(currency: str) -> int:
    return 2 if currency in AS_HUNDREDTHS else money.exponent(currency)
