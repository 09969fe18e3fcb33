"""Taking an entry back: its mirror, dated the day it is made; and what an allocation had posted with it."""

from __future__ import annotations

import sqlalchemy as sa

from erp import Conflict, Invalid, NotFound, _, session, today, transaction
from plugins.accounting import allocating, locks
from plugins.accounting.models import YEAR_CLOSED, Allocation, JournalEntry, JournalLine
from plugins.accounting.posting import Drafted, Posting, mirrored, write
from plugins.accounting.rules import read_books

EVENT = "reversed"


def reverse(entry_id: int, *, reason: str) -> int:
    """Post the mirror of an entry, dated today, and settle with it what the entry left open; its id.

    Rights are the caller's. Raises NotFound, Conflict where it was taken back already or closed a year, Invalid
    without a reason or where today is locked.
    """
    if not reason.strip():
        raise Invalid(fields={"reason": _("Say why.")})
    entry = session().get(JournalEntry, entry_id)
    if entry is None:
        raise NotFound
    if entry.event == YEAR_CLOSED:
        raise Conflict(
            _("This entry carries the result of a year. Post what was wrong, then close the year once more.")
        )
    before = session().scalar(sa.select(JournalEntry.number).where(JournalEntry.reverses_id == entry_id))
    if before is not None:
        raise Conflict(_("%(number)s was taken back already, by %(other)s.", number=entry.number, other=before))
    posting = Posting(EVENT, today(), "journal_entry", entry_id, (), text=entry.text, branch_id=entry.branch_id)
    lines = mirrored(entry.lines)
    books = read_books()
    kind = books.journals[entry.journal_id]
    kinds = ({kind} | ({"tax"} if any(line["tax_id"] for line in lines) else set())) & set(locks.KINDS)
    told = reason.strip()[:300]
    with transaction():
        (made,) = write([Drafted(posting, entry.journal_id, kinds, lines)], books, reverses_id=entry_id, reason=told)
        _settle(entry_id, made)
    return made


def _settle(entry_id: int, mirror_id: int) -> None:
    """What is still open of an entry is settled by its mirror, line by line."""
    places = sa.select(JournalLine.position, JournalLine.document_id, JournalLine.id).where(
        JournalLine.document_id.in_((entry_id, mirror_id))
    )
    ids = {(place, document): key for place, document, key in session().execute(places)}
    known = {line.id for line in allocating.open_lines(ids=list(ids.values()))}
    for (place, document), key in ids.items():
        other = ids.get((place, mirror_id))
        if document == entry_id and key in known and other in known and other is not None:
            line = session().get_one(JournalLine, key)
            pair = (key, other) if line.amount > 0 else (other, key)
            allocating.allocate_lines(*pair)


def take_back(allocation_id: int, *, reason: str) -> None:
    """Let two lines be open again; the currency difference they made is taken back with them. Raises as `reverse`.

    What a difference itself settled is taken back with its cause alone: raises Conflict.
    """
    with transaction():
        row = session().get(Allocation, allocation_id)
        if row is not None and _is_difference(row):
            raise Conflict(_("This is a currency difference: take back what it came from."))
        allocating.take_back(allocation_id, reason=reason)
        posted = sa.select(JournalEntry.id).where(
            JournalEntry.source_type == "allocation", JournalEntry.source_id == allocation_id
        )
        for entry_id in session().scalars(posted).all():
            lines = session().scalars(sa.select(JournalLine.id).where(JournalLine.document_id == entry_id)).all()
            for row in allocating.settled_with(lines):
                allocating.take_back(row.id, reason=reason)
            reverse(entry_id, reason=reason)


def _is_difference(row: Allocation) -> bool:
    caused = sa.select(JournalEntry.id).join(JournalLine, JournalLine.document_id == JournalEntry.id)
    ids = (row.debit_line_id, row.credit_line_id)
    found = caused.where(JournalLine.id.in_(ids), JournalEntry.event == allocating.DIFFERENCE).limit(1)
    return session().scalar(found) is not None
