"""The test cards Stripe documents, and what its bank says to each (docs.stripe.com/testing)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Card:
    """What happens when it is charged: `code` refuses it, `asks` wants the holder to prove who they are first."""

    code: str = ""
    decline_code: str = ""
    message: str = ""
    asks: bool = False
    refund_fails: bool = False


CARDS = {
    "4242424242424242": Card(),
    "4000000000000002": Card("card_declined", "generic_decline", "Your card was declined."),
    "4000000000009995": Card("card_declined", "insufficient_funds", "Your card has insufficient funds."),
    "4000000000000069": Card("expired_card", "", "Your card has expired."),
    "4000000000000127": Card("incorrect_cvc", "", "Your card's security code is incorrect."),
    "4000000000000119": Card(
        "processing_error", "", "An error occurred while processing your card. Try again in a little bit."
    ),
    "4000002760003184": Card(asks=True),
    "4000002500003155": Card(asks=True),
    "4000000000005126": Card(refund_fails=True),
}
