"""Entries and lines written in bulk: one statement for each table, whatever their number.

The database judges lines by the statement (do they come to nothing?), so all lines of an entry stand in one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from erp import bulk, next_numbers, session
from plugins.accounting.models import JournalEntry, JournalLine

HEAD = (
    "id", "number", "journal_id", "period_id", "entry_date", "text", "event", "source_type", "source_id", "source_key",
    "branch_id",
)  # fmt: skip
LINE = (
    "document_id", "position", "account_id", "amount", "party_id", "branch_id", "due_on", "tax_id", "tax_base",
    "currency", "currency_amount", "text",
)  # fmt: skip
SOURCE = ("source_type", "source_id", "event", "source_key")
Rows = Sequence[Mapping[str, Any]]


def entries(heads: Rows, common: Mapping[str, Any]) -> tuple[list[int], set[int]]:
    """(ids in order, those that are new); of what was posted before it is the id of that entry."""
    taken = next_numbers(JournalEntry(company_id=common["company_id"]), len(heads))
    rows = [{**head, "id": key, "number": number} for head, (key, number) in zip(heads, taken, strict=True)]
    fixed = {
        "state": "", "passed_states": [], "version": 1, "created_at": common["posted_at"], "extra": {}, "reason": "",
        "reverses_id": None, "updated_at": common["posted_at"], "updated_by": common["created_by"], **common,
    }  # fmt: skip
    new = set(bulk.insert_rows(JournalEntry, HEAD, rows, fixed, once=SOURCE))
    if len(new) == len(rows):
        return [key for key, _number in taken], new
    before = _posted_before([row for row in rows if row["id"] not in new])
    return [row["id"] if row["id"] in new else before[_source(row)] for row in rows], new


def lines(rows: Iterable[Mapping[str, Any]]) -> None:
    """Write the lines of new entries."""
    found = list(rows)
    if found:
        bulk.insert_rows(JournalLine, LINE, found)


def _posted_before(rows: Rows) -> dict[tuple[Any, ...], int]:
    columns = [getattr(JournalEntry, name) for name in SOURCE]
    wanted = sa.select(JournalEntry.id, *columns).where(sa.tuple_(*columns).in_([_source(row) for row in rows]))
    return {(kind, source, event, key): entry for entry, kind, source, event, key in session().execute(wanted)}


def _source(row: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(row[name] for name in SOURCE)
