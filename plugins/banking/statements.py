"""Statements brought in: a file comes in once, and a line that another file brought already is left out."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

import sqlalchemy as sa

from erp import Conflict, Invalid, _, add, bulk, i18n, session, transaction
from plugins.banking.kinds import tidied
from plugins.banking.models import BankAccount, BankStatement, BankStatementLine, ReconciledLine
from plugins.banking.reading import Booked, Read
from plugins.banking.reading.booked import keys

MOST_LINES = 20_000
"""Lines of one file; a year of a busy shop is brought in by months."""


@dataclass(frozen=True, slots=True)
class Brought:
    """What a file became: how many of its lines are new, and how many other files had brought already."""

    statement: BankStatement
    new: int
    known: int


def lock(bank_account_id: int) -> None:
    """Wait for whoever brings a statement of this account in, or matches it, just now."""
    key = sa.func.hashtextextended("bank_account", bank_account_id)
    session().execute(sa.select(sa.func.pg_advisory_xact_lock(key)))


def refuse_again(bank_account_id: int, content: bytes) -> str:
    """The file's SHA-256; raises Invalid at `file` when it came in before, saying as what."""
    digest = hashlib.sha256(content).hexdigest()
    before = session().scalar(
        sa.select(BankStatement).where(
            BankStatement.bank_account_id == bank_account_id, BankStatement.digest == digest
        )
    )  # fmt: skip
    if before is not None:
        said = _(
            "This file was brought in already, as %(number)s on %(day)s by %(who)s.",
            number=before.number, day=i18n.format_date(before.created_at), who=before.created_by,
        )  # fmt: skip
        raise Invalid(fields={"file": said})
    return digest


def bring(bank_account_id: int, name: str, content: bytes, read: Read) -> Brought:
    """Keep what a file says as a statement of an account; rights are the caller's.

    Raises Invalid at `file` for one that came in before or brings nothing new, is empty, too long, or about another
    account or currency.
    """
    with transaction():
        lock(bank_account_id)
        account = session().get_one(BankAccount, bank_account_id)
        digest = refuse_again(bank_account_id, content)
        _refuse_other(account, read)
        found = dict(zip(keys(read.lines), read.lines, strict=True))
        before = _known(bank_account_id, list(found))
        new = {key: line for key, line in found.items() if key not in before}
        if not new:
            raise Invalid(fields={"file": _all_known(before)})
        statement = _statement(account, read, list(new.values()))
        statement.file_name, statement.digest = name[:200], digest
        add(statement)
        _write(statement, new)
        return Brought(statement, len(new), len(found) - len(new))


def _refuse_other(account: BankAccount, read: Read) -> None:
    """Raise Invalid unless the file has lines, and is about this account and its currency as far as it says."""
    said = ""
    if not read.lines:
        said = _("The file has no lines that were paid in or out.")
    elif len(read.lines) > MOST_LINES:
        said = _("The file has more than %(count)s lines. Bring it in by months.", count=i18n.format_number(MOST_LINES))
    elif read.number and account.number and not _same_number(read.number, account.number):
        said = _("The file is about account %(other)s, not %(own)s.", other=read.number, own=account.number)
    elif read.currency and read.currency != account.money:
        said = _("The file is in %(other)s, the account in %(own)s.", other=read.currency, own=account.money)
    if said:
        raise Invalid(fields={"file": said})


def _same_number(one: str, other: str) -> bool:
    """Whether both are the same account: a bank may say its own number where we know the IBAN that ends in it."""
    first, second = tidied(one), tidied(other)
    return first == second or (min(len(first), len(second)) >= 5 and (first.endswith(second) or second.endswith(first)))


def _known(bank_account_id: int, found: Sequence[str]) -> Mapping[str, str]:
    """{key: number of the statement that brought it} of those that are there."""
    wanted = sa.cast(sa.literal(list(found), sa.ARRAY(sa.String)), sa.ARRAY(sa.String))
    statement = (
        sa.select(BankStatementLine.key, BankStatement.number)
        .join(BankStatement, BankStatement.id == BankStatementLine.document_id)
        .where(BankStatementLine.bank_account_id == bank_account_id, BankStatementLine.key == sa.any_(wanted))
    )
    return {key: number or "" for key, number in session().execute(statement) if key}


def _all_known(before: Mapping[str, str]) -> str:
    numbers = ", ".join(sorted(set(before.values()))[:3])
    return _("Every line of this file is here already, with %(numbers)s.", numbers=numbers)


def _statement(account: BankAccount, read: Read, new: Sequence[Booked]) -> BankStatement:
    days = [line.on for line in read.lines]
    return BankStatement(
        bank_account_id=account.id, reference=read.reference[:80], format=read.format, currency=account.money,
        starts_on=read.starts_on or min(days), ends_on=read.ends_on or max(days), opening=read.opening,
        closing=read.closing, moved=sum((line.amount for line in new), Decimal(0)),
    )  # fmt: skip


def _write(statement: BankStatement, new: Mapping[str, Booked]) -> None:
    """Its lines in one statement; history keeps the file, not each of its lines."""
    rows = [
        {"position": place, "key": key, "booked_on": line.on, "name": line.name, "text": line.text,
         "reference": line.reference, "amount": line.amount}
        for place, (key, line) in enumerate(new.items())
    ]  # fmt: skip
    fixed = {"document_id": statement.id, "bank_account_id": statement.bank_account_id}
    bulk.insert_rows(BankStatementLine, list(rows[0]), rows, fixed)
    session().expire(statement, ["lines"])


def take_back(statement_id: int) -> None:
    """Let a statement count no more, so that its file may come in again, such as for the account it is about.

    Raises Conflict while one of its lines is matched. Rights are the caller's.
    """
    with transaction():
        statement = session().get_one(BankStatement, statement_id)
        lock(statement.bank_account_id)
        own = [line.id for line in statement.lines]
        matched = sa.select(ReconciledLine.id).where(
            ReconciledLine.statement_line_id.in_(own), ReconciledLine.is_current
        ).limit(1)  # fmt: skip
        if session().scalar(matched) is not None:
            raise Conflict(_("Some of its lines are matched with the books. Undo that first."))
        statement.digest = None
        for line in statement.lines:
            line.key = None
