"""Taking an entry back: its mirror, dated the day it is made."""

from __future__ import annotations

import sqlalchemy as sa

from erp import Conflict, Invalid, NotFound, _, session, today, transaction
from plugins.accounting import locks
from plugins.accounting.models import JournalEntry
from plugins.accounting.posting import Drafted, Posting, mirrored, write
from plugins.accounting.rules import read_books

EVENT = "reversed"


def reverse(entry_id: int, *, reason: str) -> int:
    """Post the mirror of an entry, dated today; its id. Rights are the caller's.

    Raises NotFound, Conflict where it was taken back already, Invalid without a reason or where today is locked.
    """
    if not reason.strip():
        raise Invalid(fields={"reason": _("Say why.")})
    entry = session().get(JournalEntry, entry_id)
    if entry is None:
        raise NotFound
    before = session().scalar(sa.select(JournalEntry.number).where(JournalEntry.reverses_id == entry_id))
    if before is not None:
        raise Conflict(_("%(number)s was taken back already, by %(other)s.", number=entry.number, other=before))
    posting = Posting(EVENT, today(), "journal_entry", entry_id, (), text=entry.text, branch_id=entry.branch_id)
    lines = mirrored(entry.lines)
    kind = read_books().journals[entry.journal_id]
    kinds = ({kind} | ({"tax"} if any(line["tax_id"] for line in lines) else set())) & set(locks.KINDS)
    with transaction():
        (made,) = write([Drafted(posting, entry.journal_id, kinds, lines)], reverses_id=entry_id,
                        reason=reason.strip()[:300])  # fmt: skip
    return made
