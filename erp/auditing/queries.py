"""Which entries of the audit somebody asks for; page and file read by the same conditions.

Whoever is limited to branches or by rules reads of the documents they reach, and of what is about no document.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, Self

import sqlalchemy as sa

from erp.access import require
from erp.data.audit import AuditEntry
from erp.data.base import session
from erp.documents import narrowing
from erp.documents.base import Document
from erp.documents.periods import PERIODS, days_of, midnight
from erp.documents.types import declared
from erp.errors import Invalid
from erp.i18n import _, parse_date

SUBJECT = "audit"
PAGE = 50
CHUNK = 1000
LARGEST = 2**63 - 1
EARLIEST, LATEST = 1900, 2200
"""Years that can be asked for."""
NAMES = ("who", "kind", "type", "number", "source", "address", "within", "since", "until")
"""The conditions, by their names in an address."""


@dataclass(frozen=True)
class AuditQuery:
    """Conditions that must all hold; empty ones do not count."""

    who: int = 0
    """User id."""
    kind: str = ""
    type: str = ""
    """A document type, or another subject of entries."""
    number: str = ""
    """Of a document, in whichever type or in `type`."""
    source: str = ""
    address: str = ""
    within: str = ""
    """A period that moves with the day."""
    since: date | None = None
    until: date | None = None
    """The first and last day, in the reader's time zone."""
    after: tuple[datetime, int] | None = None
    """The last entry of the page before."""

    @classmethod
    def parse(cls, args: Mapping[str, str]) -> Self:
        """What an address asks for; raises Invalid with a sentence at the condition that makes no sense."""
        plain = {name: args.get(name, "").strip() for name in (*NAMES, "after")}
        wrong: dict[str, str] = {}
        days: dict[str, date | None] = {"since": None, "until": None}
        for name in days:
            try:
                days[name] = _day(plain[name]) if plain[name] else None
            except ValueError as error:
                wrong[name] = str(error)
        if plain["within"] and plain["within"] not in PERIODS:
            wrong["within"] = _("Choose one of the list.")
        if not wrong and days["since"] and days["until"] and days["since"] > days["until"]:
            wrong["until"] = _("The last day lies before the first.")
        if wrong:
            raise Invalid(fields=wrong)
        who = plain["who"]
        return cls(
            who=int(who) if who.isdecimal() and len(who) <= 18 else 0,
            **{name: plain[name][:200] for name in ("kind", "type", "number", "source", "address", "within")},
            since=days["since"],
            until=days["until"],
            after=_token(plain["after"]),
        )

    def args(self) -> dict[str, str]:
        """The conditions as an address names them."""
        found = {name: getattr(self, name) for name in NAMES}
        told = {name: value.isoformat() if isinstance(value, date) else str(value) for name, value in found.items()}
        return {name: told[name] for name in NAMES if found[name]}

    def without(self, name: str) -> Self:
        """The same with one condition less."""
        return replace(self, **{name: getattr(type(self)(), name)})

    def page(self, size: int = PAGE) -> list[AuditEntry]:
        """The newest entries first, one more than a page holds when there are more. Raises Forbidden."""
        require("list", SUBJECT)
        return list(session().scalars(self._statement().limit(size + 1)))

    def chunks(self) -> Iterator[list[AuditEntry]]:
        """All entries, the newest first, a thousand at a time. Raises Forbidden."""
        wanted = self
        while rows := wanted.page(CHUNK - 1):
            yield rows
            wanted = replace(wanted, after=(rows[-1].at, rows[-1].id))

    def is_longer_than(self, count: int) -> bool:
        """Whether there are more entries than so many. Raises Forbidden."""
        require("list", SUBJECT)
        first = self._statement().with_only_columns(AuditEntry.id).offset(count).limit(1)
        return session().scalar(first) is not None

    def _statement(self) -> sa.Select[Any]:
        entry = AuditEntry
        wanted = sa.select(entry).order_by(entry.at.desc(), entry.id.desc())
        given = {entry.user_id: self.who, entry.kind: self.kind, entry.source: self.source, entry.address: self.address}
        wanted = wanted.where(*(column == value for column, value in given.items() if value))
        if self.address:
            wanted = wanted.where(entry.address != "")  # so that the planner sees the partial index
        if self.number:
            wanted = wanted.where(sa.or_(sa.false(), *(self._of(*each) for each in documents_called(self))))
        elif self.type:
            wanted = wanted.where(entry.subject == self.type)
        first, last = self._moments()
        wanted = wanted.where(entry.at >= first) if first else wanted
        wanted = wanted.where(entry.at < last) if last else wanted
        if (reached := narrowing.reached(entry.subject, entry.subject_id)) is not None:
            wanted = wanted.where(reached)
        if self.after is not None:
            wanted = wanted.where(sa.tuple_(entry.at, entry.id) < self.after)
        return wanted

    @staticmethod
    def _of(subject: str, ids: list[int]) -> sa.ColumnElement[bool]:
        return sa.and_(AuditEntry.subject == subject, AuditEntry.subject_id.in_(ids))

    def _moments(self) -> tuple[datetime | None, datetime | None]:
        """From when until before when."""
        first, last = self.since, self.until + timedelta(days=1) if self.until else None
        if self.within:
            begin, end = days_of(self.within)
            first, last = max(first or begin, begin), min(last or end, end)
        return midnight(first) if first else None, midnight(last) if last else None


def _day(text: str) -> date:
    """A day on which somebody could have done something; ValueError with a sentence."""
    day = parse_date(text)
    if not EARLIEST <= day.year <= LATEST:
        raise ValueError(_("Choose a year between %(first)s and %(last)s.", first=EARLIEST, last=LATEST))
    return day


def _token(text: str) -> tuple[datetime, int] | None:
    """The place `after` names; one that names none is the beginning."""
    moment, _sign, key = text.partition("~")
    if not key.isdecimal() or int(key) > LARGEST:
        return None
    try:
        at = datetime.fromisoformat(moment)
    except ValueError:
        return None
    return None if at.tzinfo is None else (at, int(key))


def token(entry: AuditEntry) -> str:
    """The place of an entry, for `after`."""
    return f"{entry.at.isoformat()}~{entry.id}"


def documents_called(query: AuditQuery) -> list[tuple[str, list[int]]]:
    """(type, ids) of the documents with this number; one statement for each type that has numbers."""
    found = []
    for name, kind in declared().items():
        if query.type in {"", name} and issubclass(kind.cls, Document):
            ids = list(session().scalars(sa.select(kind.cls.id).where(kind.cls.number == query.number).limit(100)))
            found += [(name, ids)] if ids else []
    return found
