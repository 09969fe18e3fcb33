"""What colleagues of the demo company laid out, and the box of petty cash in the office."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from random import Random
from typing import Any

import sqlalchemy as sa

from erp import clock, session
from plugins.accounting.models import Account

TYPE = "expense_claim"
ANSWERS: dict[str, Any] = {}
WHO, BOSS = "Wanjiku Kamau", "Peter Kariuki"
CLAIMS = (
    ("Daniel Otieno", "To the clinic in Nakuru and back", "6210", "Fuel and a night", 9_800, True),
    ("Mary Wanjiku", "Course on pulse monitors", "6300", "Books", 6_400, False),
)
"""(who, what for, account, what, paid, whether it was approved)"""
SPENT = (("Tea, sugar, milk", "6300", 640), ("Courier to Mombasa", "6220", 850))


def load(stage: Any, _rng: Random) -> None:
    """One claim waits to be paid back and one for its manager; the box was filled and spent from."""
    accounts = {code: key for key, code in session().execute(sa.select(Account.id, Account.code))}
    spent_on = clock.now().date() - timedelta(days=3)
    for who, purpose, code, what, paid, approved in CLAIMS:
        party = stage.create(WHO, "party", {"name": who, "is_employee": True, "is_customer": False})
        line = {"spent_on": spent_on, "description": what, "account": accounts[code], "amount": Decimal(paid)}
        values = {"employee": party, "purpose": purpose, "no_receipt": "Kept in the folder", "lines": [line]}
        claim = stage.create(WHO, TYPE, values)
        stage.complete(WHO, claim, "submit", {"decision": "submit"})
        if approved:
            stage.complete(BOSS, claim, "decide", {"decision": "approve"})
    _petty_cash(stage.of("petty_cash_entry"), accounts)


def _petty_cash(stage: Any, accounts: dict[str, int]) -> None:
    values = {"name": "Office, Westlands", "account": accounts["1010"], "limit": Decimal(5_000)}
    box = stage.create(WHO, "petty_cash_float", values)

    def post(kind: str, text: str, amount: int, account: int | None = None) -> None:
        entry = {"box": box, "kind": kind, "text": text, "amount": Decimal(amount), "account": account}
        stage.complete(WHO, stage.create(WHO, "petty_cash_entry", entry), "record", {"decision": "post"})

    post("top_up", "From the bank", 5_000)
    for text, code, amount in SPENT:
        post("spend", text, amount, accounts[code])
