"""The bank of the demo company: statements of the last weeks, and a payment run that waits to be approved."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Any

import sqlalchemy as sa

from erp import company, create, session, today
from plugins.accounting.models import Account
from plugins.banking.bills import open_bills
from plugins.banking.matching import Side, open_journal_lines
from plugins.banking.models import BankAccount
from plugins.banking.reading import Booked, Read
from plugins.banking.runs import newest
from plugins.banking.statements import bring
from plugins.parties.models import Party
from plugins.payments.api import dues

TYPE = "payment_run"
ANSWERS: Mapping[str, Callable[[Any], Any]] = {}
WHO = "Wanjiku Kamau"
SUPPLIERS = (
    ("Canon East Africa Ltd", "KE", "0170298765432", "EQBLKENA", "Equity Bank", 86_400),
    ("Nairobi Tool Supplies", "KE", "1104567890", "KCBLKENX", "KCB Bank", 23_150),
)
"""(name, country, account, BIC, bank, what is due)"""
LATELY = 45
"""Days of which the statement tells."""


def load(stage: Any, _rng: Random) -> None:
    """Accounts, a statement of the last weeks, and bills that are due."""
    uses = sa.select(Account.use, sa.func.min(Account.code)).group_by(Account.use)
    accounts = {row.use: row[1] for row in session().execute(uses)}
    by_code = {row.code: row.id for row in session().execute(sa.select(Account.code, Account.id))}
    since = today() - timedelta(days=LATELY)
    bank = stage.create(WHO, "bank_account", {
        "name": "Equity Bank, Westlands", "account": by_code[accounts["bank"]], "number": "0170299912345",
        "bic": "EQBLKENA", "matched_from": since,
    })  # fmt: skip
    till = stage.create(WHO, "bank_account", {
        "name": "M-Pesa till", "kind": "mobile_money", "account": by_code[accounts["mobile_money"]], "number": "522522",
        "matched_from": since,
    })  # fmt: skip
    for key in (bank, till):
        account = session().get_one(BankAccount, key)
        told = _told(open_journal_lines(account)) + (_paid() if key == bank else [])
        bring(key, "statement.csv", account.name.encode(), Read("csv", told))
    _run(stage, bank, by_code[accounts["payable"]], by_code["6330"])


def _told(booked: Sequence[Side]) -> list[Booked]:
    """What the books say, as the bank says it a day later; one payment is missing, and there is a fee nobody posted."""
    lines = [
        Booked(_after(each.on), each.amount, each.name, each.text, f"FT{each.id:07}")
        for each in booked[1:]
    ]  # fmt: skip
    fee = Booked(today(), Decimal(-350), text="Account charges", reference="FT9000001")
    interest = Booked(today(), Decimal("412.55"), text="Interest", reference="FT9000002")
    return sorted([*lines, fee, interest], key=lambda line: line.on)


def _after(on: date) -> date:
    """The day after, of the same month: a month's statement has what its books have."""
    after = on + timedelta(days=1)
    return min(after, today()) if after.month == on.month else on


def _paid() -> list[Booked]:
    """A customer's transfer that nobody has registered yet."""
    return [
        Booked(today(), due.left, due.party_name, f"Payment {due.number}", "FT9000003")
        for due in dues(company().currency)[-1:]
    ]


def _run(stage: Any, bank: int, payable: int, expense: int) -> None:
    """Bills that are due, and the run that pays them, which waits for somebody else."""
    for name, country, number, bic, at, amount in SUPPLIERS:
        party = _supplier(name, country)
        stage.create(WHO, "party_bank_account", {
            "party": party, "number": number, "bic": bic, "bank": at, "reason": "On their invoice, called back",
        })  # fmt: skip
        _bill(stage, party, payable, expense, Decimal(amount), today() - timedelta(days=25))
    _details_of_others(stage)
    run = stage.create(WHO, TYPE, {"bank_account": bank, "due_until": today() + timedelta(days=7), "note": "Suppliers"})
    stage.complete(WHO, run, "prepare", {"decision": "propose"})
    stage.complete(WHO, run, "check_proposal", {"decision": "submit"})


def _details_of_others(stage: Any) -> None:
    """Where everybody else is paid whom something is owed, such as a colleague who laid something out."""
    owed = {each.party_id for each in open_bills(company().currency) if each.party_id is not None}
    for party in sorted(owed - set(newest(list(owed)))):
        number = f"0170{party:09}"
        stage.create(WHO, "party_bank_account", {
            "party": party, "number": number, "bic": "EQBLKENA", "bank": "Equity Bank", "reason": "Told in person",
        })  # fmt: skip


def _supplier(name: str, country: str) -> int:
    """The supplier of that name, made where there is none yet."""
    found = session().scalar(sa.select(Party.id).where(Party.name == name))
    return found or create("party", {"name": name, "kind": "company", "is_supplier": True, "country": country}).id


def _bill(stage: Any, party: int, payable: int, expense: int, amount: Decimal, on: date) -> None:
    lines = [
        {"account": expense, "debit": amount},
        {"account": payable, "credit": amount, "party": party, "due_on": on + timedelta(days=30)},
    ]
    vouchers = stage.of("journal_voucher")
    key = vouchers.create(WHO, "journal_voucher", {"text": "Bill for parts", "voucher_date": on, "lines": lines})
    vouchers.complete(WHO, key, "check_voucher", {"decision": "post"})
