"""Until when the ledger is locked: asked here for a word at the field, and by the database whoever writes."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from functools import cache

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import distinct_on

from erp import Invalid, _, i18n, prepared
from plugins.accounting.kinds import LOCKS
from plugins.accounting.models import LedgerLock

ALWAYS = ("all", "final")
"""Kinds of locks that hold for every entry."""
KINDS = ("sales", "purchases", "tax")
"""Those that hold for journals of their kind, or for entries with tax."""


def locked_until() -> Mapping[str, date]:
    """{kind: the last day that is locked} as the newest rows say; kinds that are open are not there."""
    return {kind: until for kind, until in prepared.rows(_newest(), {}) if until is not None}


@cache
def _newest() -> sa.Select[*tuple[str, date | None]]:
    return (
        sa.select(LedgerLock.kind, LedgerLock.until)
        .ext(distinct_on(LedgerLock.kind))
        .order_by(LedgerLock.kind, LedgerLock.id.desc())
    )


def refuse_locked(kind: str, on: date, field: str = "") -> None:
    """Raise Invalid, at the field where one is named, when a day is locked for a kind of journal or for `tax`."""
    refuse({kind}, on, locked_until(), field)


def refuse(kinds: Collection[str], on: date, known: Mapping[str, date], field: str = "") -> None:
    """The same with locks that were read before."""
    for kind in (*ALWAYS, *sorted(kinds)):
        until = known.get(kind)
        if until is not None and on <= until:
            day, asked = i18n.format_date(until), i18n.format_date(on)
            said = _("%(asked)s is locked: the books are closed until %(day)s (%(kind)s). Choose a later day.",
                     asked=asked, day=day, kind=str(LOCKS[kind]))  # fmt: skip
            raise Invalid(fields={field: said}) if field else Invalid(said)
