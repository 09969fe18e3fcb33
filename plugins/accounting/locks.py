"""Until when the ledger is locked: asked here for a word at the field, and by the database whoever writes."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import distinct_on

from erp import Invalid, _, i18n, session, transaction
from plugins.accounting.models import LOCKS, LedgerLock

ALWAYS = ("all", "final")
"""Kinds of locks that hold for every entry."""
KINDS = ("sales", "purchases", "tax")
"""Those that hold for journals of their kind, or for entries with tax."""


def locked_until() -> Mapping[str, date]:
    """{kind: the last day that is locked} as the newest rows say; kinds that are open are not there."""
    newest = (
        sa.select(LedgerLock.kind, LedgerLock.until)
        .ext(distinct_on(LedgerLock.kind))
        .order_by(LedgerLock.kind, LedgerLock.id.desc())
    )
    return {kind: until for kind, until in session().execute(newest) if until is not None}


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


def lock(kind: str, until: date | None, reason: str) -> None:
    """Lock a kind until a day, or with None take its lock away; rights are the caller's.

    Raises Invalid where no reason is given and where the final lock would not move forward. Waits for postings that are
    under way, so that none slips under the lock.
    """
    if not reason.strip():
        raise Invalid(fields={"reason": _("Say why.")})
    now = locked_until().get(kind)
    if kind == "final" and (until is None or (now is not None and until < now)):
        said = _("The final lock is never taken back: it only moves to a later day.")
        raise Invalid(fields={"until": said})
    with transaction():
        session().add(LedgerLock(kind=kind, until=until, reason=reason.strip()[:300]))
        session().flush()


def history() -> list[LedgerLock]:
    """Every lock that was set or taken away, the newest first."""
    return list(session().scalars(sa.select(LedgerLock).order_by(LedgerLock.id.desc()).limit(200)))
