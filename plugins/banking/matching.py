"""Matching: lines of statements and lines of the books that are the same money, as many of each as there are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from erp import Conflict, Invalid, NotFound, _, bulk, clock, company, current, i18n, session, transaction, whole
from plugins.accounting.models import JournalEntry, JournalLine
from plugins.banking.models import BankAccount, BankStatement, BankStatementLine, ReconciledLine, Reconciliation
from plugins.banking.statements import lock
from plugins.parties.models import Party
from plugins.payments.models import Payment

ZERO = Decimal(0)
COLUMNS = ("reconciliation_id", "statement_line_id", "journal_line_id", "amount")


@dataclass(frozen=True, slots=True)
class Side:
    """A line of a statement or of the books, as both are compared; the amount is in the account's currency."""

    id: int
    on: date
    amount: Decimal
    name: str
    text: str
    reference: str
    document_id: int
    number: str


def open_statement_lines(account: BankAccount, ids: Sequence[int] | None = None) -> list[Side]:
    """What statements say and nothing matches yet, the oldest first; of these lines only where some are named."""
    line = BankStatementLine
    statement = (
        sa.select(line.id, line.booked_on, line.amount, line.name, line.text, line.reference, BankStatement.id,
                  BankStatement.number)
        .join(BankStatement, BankStatement.id == line.document_id)
        .where(line.bank_account_id == account.id, line.key.is_not(None), _free(ReconciledLine.statement_line_id, line))
        .order_by(line.booked_on, line.id)
    )  # fmt: skip
    return _sides(statement if ids is None else statement.where(line.id.in_(ids)))


def open_journal_lines(account: BankAccount, ids: Sequence[int] | None = None) -> list[Side]:
    """What was posted to the account and no statement says yet, the oldest first."""
    line, entry = JournalLine, JournalEntry
    is_foreign = account.money != company().currency
    amount: Any = line.currency_amount if is_foreign else line.amount
    statement = (
        sa.select(line.id, entry.entry_date, amount, sa.func.coalesce(Party.name, ""),
                  sa.func.coalesce(sa.func.nullif(line.text, ""), entry.text), entry.source_key, entry.id,
                  entry.number)
        .join(entry, entry.id == line.document_id)
        .outerjoin(Party, Party.id == line.party_id)
        .where(line.account_id == account.account_id, amount != 0, _free(ReconciledLine.journal_line_id, line),
               sa.true() if not is_foreign else line.currency == account.money)
        .order_by(entry.entry_date, line.id)
    )  # fmt: skip
    if ids is not None:
        statement = statement.where(line.id.in_(ids))
    elif account.matched_from is not None:
        statement = statement.where(entry.entry_date >= account.matched_from)
    return _sides(statement)


def _free(column: Any, line: Any) -> Any:
    return ~sa.exists().where(column == line.id, ReconciledLine.is_current)


def _sides(statement: Any) -> list[Side]:
    with whole():
        return [Side(*row) for row in session().execute(statement)]


def match(bank_account_id: int, statement_ids: Sequence[int], journal_ids: Sequence[int]) -> int:
    """Say that these lines are the same money; the id of that. Lines of the books alone may cancel each other out.

    Raises Invalid where both sides do not come to the same, Conflict where one of them is matched already.
    """
    with transaction():
        account = locked(bank_account_id)
        told, booked = taken(account, statement_ids, journal_ids)
        left = total(told) - total(booked)
        if left:
            raise Invalid(
                _("The statement says %(told)s, the books say %(booked)s: %(left)s is left over.",
                  told=shown(account, total(told)), booked=shown(account, total(booked)), left=shown(account, left))
            )  # fmt: skip
        return keep(begun(account), told, booked)


def match_pairs(bank_account_id: int, pairs: Mapping[int, Sequence[int]]) -> int:
    """Match each of these lines of statements with its lines of the books, all at once; how many that were.

    Raises as `match`.
    """
    with transaction():
        account = locked(bank_account_id)
        wanted = [key for keys in pairs.values() for key in keys]
        told, booked = taken(account, list(pairs), wanted) if pairs else ([], [])
        by_id = {each.id: each for each in booked}
        groups = [(line, [by_id[key] for key in pairs[line.id]]) for line in told]
        if any(line.amount != total(found) for line, found in groups):
            raise Conflict(_("One of these lines is matched already. Look again at what is left."))
        keep_all(account, [([line], found) for line, found in groups])
        return len(groups)


def locked(bank_account_id: int) -> BankAccount:
    """The account, once whoever else matches it is done; raises NotFound."""
    account = session().get(BankAccount, bank_account_id)
    if account is None:
        raise NotFound
    lock(account.id)
    return account


def taken(
    account: BankAccount, statement_ids: Sequence[int], journal_ids: Sequence[int]
) -> tuple[list[Side], list[Side]]:  # fmt: skip
    """Both sides of what was picked; raises Invalid for nothing, Conflict where somebody was quicker."""
    if not statement_ids and not journal_ids:
        raise Invalid(_("Pick at least one line of the statement."))
    told = open_statement_lines(account, statement_ids)
    booked = open_journal_lines(account, journal_ids)
    if (len(told), len(booked)) != (len(set(statement_ids)), len(set(journal_ids))):
        raise Conflict(_("One of these lines is matched already. Look again at what is left."))
    return told, booked


def begun(account: BankAccount) -> Reconciliation:
    """A reconciliation whose lines are still to come."""
    made = Reconciliation(bank_account_id=account.id)
    session().add(made)
    session().flush()
    return made


def keep(made: Reconciliation, told: Sequence[Side], booked: Sequence[Side]) -> int:
    """Write down what belongs together; the database refuses sides that differ and lines that are matched."""
    _write(_rows(made.id, told, booked))
    return made.id


def keep_all(account: BankAccount, groups: Sequence[tuple[Sequence[Side], Sequence[Side]]]) -> None:
    """The same for many, in two statements whatever their number."""
    made = [Reconciliation(bank_account_id=account.id) for _group in groups]
    session().add_all(made)
    session().flush()
    rows = [row for each, group in zip(made, groups, strict=True) for row in _rows(each.id, *group)]
    if rows:
        _write(rows)


def _write(rows: Sequence[Mapping[str, Any]]) -> None:
    """In one statement: the database judges the lines of a match together."""
    bulk.insert_rows(ReconciledLine, COLUMNS, rows, {"is_current": True})


def _rows(reconciliation_id: int, told: Sequence[Side], booked: Sequence[Side]) -> list[dict[str, Any]]:
    sides = (("statement_line_id", told), ("journal_line_id", booked))
    empty = {"reconciliation_id": reconciliation_id, "statement_line_id": None, "journal_line_id": None}
    return [{**empty, name: each.id, "amount": each.amount} for name, lines in sides for each in lines]


def made_with(reconciliation_id: int) -> list[str]:
    """What was posted together with a match and stays when it is undone: numbers of payments and entries."""
    line, entry = JournalLine, JournalEntry
    wanted = (
        sa.select(sa.func.coalesce(Payment.number, entry.number))
        .select_from(entry)
        .join(line, line.document_id == entry.id)
        .join(ReconciledLine, ReconciledLine.journal_line_id == line.id)
        .join(Reconciliation, Reconciliation.id == ReconciledLine.reconciliation_id)
        .outerjoin(Payment, sa.and_(entry.source_type == Payment.__tablename__, entry.source_id == Payment.id))
        .where(Reconciliation.id == reconciliation_id, entry.posted_at >= Reconciliation.at)
        .distinct()
    )  # fmt: skip
    with whole():
        return sorted(session().scalars(wanted))


def undo(reconciliation_id: int) -> None:
    """Let lines that were matched be open again; raises NotFound, Conflict where that was done already."""
    with transaction():
        row = session().get(Reconciliation, reconciliation_id)
        if row is None:
            raise NotFound
        lock(row.bank_account_id)
        session().refresh(row)
        if row.undone_at is not None:
            raise Conflict(_("This was undone already, by %(who)s.", who=row.undone_by))
        row.undone_at, row.undone_by = clock.now(), current().name
        session().execute(
            sa.update(ReconciledLine).where(ReconciledLine.reconciliation_id == row.id).values(is_current=False)
        )


def total(sides: Sequence[Side]) -> Decimal:
    """What they come to."""
    return sum((each.amount for each in sides), ZERO)


def shown(account: BankAccount, amount: Decimal) -> str:
    """An amount as people read it."""
    return i18n.format_money(amount, account.money)
