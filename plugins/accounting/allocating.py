"""Open items: what invoices and payments leave open, settled by each other, by hand or by themselves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from erp import Conflict, Invalid, NotFound, _, i18n, money, session, today, transaction, whole
from plugins.accounting.models import Account, Allocation, JournalEntry, JournalLine
from plugins.accounting.posting import Part, Posting, own_company, post
from plugins.parties.models import Party

ZERO = Decimal(0)
DIFFERENCE = "currency_difference"
Source = tuple[str, int]
"""(type, id) of what an entry was posted for."""


@dataclass(frozen=True, slots=True)
class OpenLine:
    """A line of a receivable or payable account and how much of it nothing settles yet; both with the line's sign."""

    id: int
    number: str
    text: str
    entry_date: date
    due_on: date | None
    account_id: int
    party_id: int | None
    branch_id: int | None
    amount: Decimal
    open: Decimal
    currency: str = ""
    currency_amount: Decimal | None = None
    currency_open: Decimal | None = None


def open_lines(party_id: int | None = None, *, source: Source | None = None, ids: Sequence[int] = ()) -> list[OpenLine]:
    """What is open, the oldest due first: of a party and those merged into it, of a source, or of these lines."""
    taken = sa.func.coalesce(sa.func.sum(Allocation.amount), 0)
    foreign = sa.func.coalesce(sa.func.sum(Allocation.currency_amount), 0)
    sign = sa.case((JournalLine.amount > 0, 1), else_=-1)
    line, entry = JournalLine, JournalEntry
    statement = (
        sa.select(
            line.id, entry.number, sa.func.coalesce(sa.func.nullif(line.text, ""), entry.text), entry.entry_date,
            line.due_on, line.account_id, line.party_id, line.branch_id, line.amount, line.amount - sign * taken,
            line.currency, line.currency_amount, line.currency_amount - sign * foreign,
        )
        .join(entry, entry.id == line.document_id)
        .join(Account, Account.id == line.account_id)
        .outerjoin(Allocation, sa.or_(Allocation.debit_line_id == line.id, Allocation.credit_line_id == line.id))
        .where(Account.is_allocated, line.amount != 0, *_wanted(party_id, source, ids))
        .group_by(line.id, entry.id)
        .having(line.amount != sign * taken)
        .order_by(sa.func.coalesce(line.due_on, entry.entry_date), line.id)
    )  # fmt: skip
    with whole():
        return [OpenLine(*row) for row in session().execute(statement)]


def _wanted(party_id: int | None, source: Source | None, ids: Sequence[int]) -> list[Any]:
    found: list[Any] = []
    if party_id is not None:
        same = sa.select(Party.id).where(sa.or_(Party.id == party_id, Party.merged_into_id == party_id))
        found.append(JournalLine.party_id.in_(same))
    if source is not None:
        found += [JournalEntry.source_type == source[0], JournalEntry.source_id == source[1]]
    return [*found, JournalLine.id.in_(ids)] if ids else found


def allocate(debit: Source, credit: Source) -> Decimal:
    """Settle what two sources left open with each other, as an invoice and its payment; how much that was.

    Nothing where no books are kept or nothing is open. Rights are the caller's.
    """
    with transaction():
        debits = [line for line in open_lines(source=debit) if line.amount > 0]
        credits_ = [line for line in open_lines(source=credit) if line.amount < 0] if debits else []
        return _settled(debits, credits_)


def settle_oldest(party_id: int) -> Decimal:
    """Settle what is open of a party with each other, the oldest first; how much that was."""
    with transaction():
        lines = open_lines(party_id)
        return _settled([line for line in lines if line.amount > 0], [line for line in lines if line.amount < 0])


def _settled(debits: Sequence[OpenLine], credits_: Sequence[OpenLine]) -> Decimal:
    """Settle each debit with each credit of its account and currency while both are open."""
    total, open_ids = ZERO, {line.id for line in (*debits, *credits_)}
    for debit in debits:
        for credit in credits_:
            same = (debit.account_id, debit.currency) == (credit.account_id, credit.currency)
            if same and {debit.id, credit.id} <= open_ids:
                total += allocate_lines(debit.id, credit.id)
                open_ids -= {debit.id, credit.id} - {line.id for line in open_lines(ids=[debit.id, credit.id])}
    return total


def allocate_lines(debit_id: int, credit_id: int, amount: Decimal | None = None) -> Decimal:
    """Settle so much of a debit and a credit with each other, in their currency; what is open where none is named.

    What a foreign currency cost more or less meanwhile is posted as a currency difference, dated today. Raises Invalid
    at `amount` for more than is open, Conflict where the two do not belong together or one is settled.
    """
    with transaction():
        for key in sorted((debit_id, credit_id)):
            hold = sa.func.pg_advisory_xact_lock(sa.func.hashtextextended("journal_line", key))
            session().execute(sa.select(hold))
        found = {line.id: line for line in open_lines(ids=[debit_id, credit_id])}
        debit, credit = found.get(debit_id), found.get(credit_id)
        if debit is None or credit is None:
            raise Conflict(_("One of them is settled already. Load the page again."))
        if debit.account_id != credit.account_id or debit.amount < 0 or credit.amount > 0:
            raise Conflict(_("A debit and a credit of the same account settle each other."))
        if debit.currency and debit.currency == credit.currency:
            return _foreign(debit, credit, amount)
        most = min(debit.open, -credit.open)
        wished = most if amount is None else amount
        _check_open(wished, most, own_company().currency)
        _add(debit.id, credit.id, wished)
        return wished


def _foreign(debit: OpenLine, credit: OpenLine, amount: Decimal | None) -> Decimal:
    """The same in a foreign currency both are in: each gives its share, the difference is posted."""
    owed, paid = debit.currency_open or ZERO, -(credit.currency_open or ZERO)
    most = min(owed, paid)
    wished = most if amount is None else amount
    _check_open(wished, most, debit.currency)
    own = own_company().currency
    given = debit.open if wished == owed else money.rounded(debit.open * wished / owed, own)
    taken = -credit.open if wished == paid else money.rounded(-credit.open * wished / paid, own)
    key = _add(debit.id, credit.id, min(given, taken), wished)
    if given != taken:
        _post_difference(key, debit, credit, taken - given)
    return wished


def _post_difference(key: int, debit: OpenLine, credit: OpenLine, gained: Decimal) -> None:
    """Post what the currency gained or lost, and settle with it what it left open."""
    part = Part("difference", gained, party_id=debit.party_id, branch_id=debit.branch_id,
                debit_account_id=debit.account_id, text=debit.text)  # fmt: skip
    entry_id = post(Posting(DIFFERENCE, today(), "allocation", key, [part], text=debit.text))
    line = session().scalars(
        sa.select(JournalLine.id).where(
            JournalLine.document_id == entry_id, JournalLine.account_id == debit.account_id
        )
    ).one()  # fmt: skip
    if gained > 0:
        _add(line, credit.id, gained)
    else:
        _add(debit.id, line, -gained)


def _check_open(wished: Decimal, most: Decimal, currency: str) -> None:
    if not 0 < wished <= most:
        said = _("Only %(amount)s is open.", amount=i18n.format_money(most, currency))
        raise Invalid(fields={"amount": said})


def _add(debit_id: int, credit_id: int, amount: Decimal, currency_amount: Decimal | None = None, **more: Any) -> int:
    row = Allocation(
        debit_line_id=debit_id, credit_line_id=credit_id, amount=amount, currency_amount=currency_amount, **more
    )  # fmt: skip
    session().add(row)
    session().flush()
    return row.id


def settled_with(line_ids: Sequence[int]) -> list[Allocation]:
    """What these lines are settled with, rows that were taken back and those that did so left out."""
    undone = sa.select(Allocation.undoes_id).where(Allocation.undoes_id.is_not(None))
    statement = sa.select(Allocation).where(
        sa.or_(Allocation.debit_line_id.in_(line_ids), Allocation.credit_line_id.in_(line_ids)),
        Allocation.amount > 0, Allocation.id.not_in(undone),
    )  # fmt: skip
    return list(session().scalars(statement.order_by(Allocation.id)))


def take_back(allocation_id: int, *, reason: str) -> None:
    """Let two lines be open again by what settled them; raises NotFound, Invalid without a reason, Conflict if done."""
    if not reason.strip():
        raise Invalid(fields={"reason": _("Say why.")})
    row = session().get(Allocation, allocation_id)
    if row is None or row.amount < 0:
        raise NotFound
    before = session().scalar(sa.select(Allocation.id).where(Allocation.undoes_id == row.id))
    if before is not None:
        raise Conflict(_("This was taken back already."))
    with transaction():
        foreign = None if row.currency_amount is None else -row.currency_amount
        _add(row.debit_line_id, row.credit_line_id, -row.amount, foreign, undoes_id=row.id, reason=reason.strip()[:300])
