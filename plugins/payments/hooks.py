from __future__ import annotations

from collections.abc import Sequence

from erp import _l
from plugins.accounting.api import Amount, Event, postable


@postable.answer
def events() -> Sequence[Event]:
    """Money that comes, goes back, and deposits."""
    received, given_back = Amount("received", _l("amount received")), Amount("given_back", _l("amount given back"))
    fee = Amount("fee", _l("fee of the provider"))
    return [
        Event("payment_received", _l("a payment is received"), (received, fee)),
        Event("payment_given_back", _l("a payment is given back"), (given_back,)),
        Event("deposit_received", _l("a deposit is received"), (received,)),
        Event("deposit_given_back", _l("a deposit is given back"), (given_back,)),
        Event("deposit_applied", _l("a deposit pays what is charged"), (Amount("applied", _l("amount applied")),)),
    ]
