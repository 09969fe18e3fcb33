"""Columns and cells of a list: written once in Python, so that no filter, macro or lookup runs per row."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from erp import clock, context, i18n, money
from erp.data import files
from erp.data.base import session
from erp.data.files import File
from erp.documents.base import Document, Record, extensions
from erp.documents.fields import Field, Kind
from erp.documents.lists import ListQuery
from erp.documents.types import EXTENSION_MARK, DocumentType
from erp.i18n import _
from erp.screens import words
from erp.web.shapes import Cell, Column, State
from erp.web.shell import initials
from erp.workflow.operating import incidents
from erp.workflow.people import tasks

WHERE = "where"
"""Name of the column that says who has a document."""
WAY = Callable[[Any], Cell]


class Shown:
    """The columns of one list page, in the order people read them."""

    def __init__(
        self, query: ListQuery, states: Mapping[str, State], *, where: bool, order: Sequence[str] = ()
    ) -> None:
        self.query, self.type, self.states, self.order = query, query.type, states, order
        self.fields = list(query.shown()) if query.columns else in_reading_order(query)
        if not query.columns and self.type.is_document and not words.has_process(self.type.name):
            self.fields = [entry for entry in self.fields if entry.name != "state"]
        self.where = where
        self.currency = ""
        self.places: dict[int, Cell] = {}
        self.pictures: dict[int, File] = {}
        self.grown: dict[str, dict[int, Any]] = {}
        self.dates: dict[date, str] = {}
        self.today = i18n.local(clock.now()).date()
        self.open_types: dict[str, bool] = {}

    def names(self) -> list[str]:
        """The names of the columns, the one that says where included."""
        names = [entry.name for entry in self.fields]
        if not self.where:
            return names
        if WHERE in self.order:
            return list(self.order)
        at = names.index("state") + 1 if "state" in names else len(names)
        return [*names[:at], WHERE, *names[at:]]

    def columns(self, sort_url: Callable[[str], str]) -> list[Column]:
        """The heads."""
        fields = {entry.name: entry for entry in self.fields}
        roles = self._roles()
        return [
            Column(WHERE, _("Where is it"), role="where")
            if name == WHERE
            else self._column(fields[name], roles.get(name, "more"), sort_url)
            for name in self.names()
        ]

    def _column(self, entry: Field, role: str, sort_url: Callable[[str], str]) -> Column:
        cls = self.type.cls
        is_more = entry.name == cls.title_field and cls.title is not Record.title and not self.type.is_document
        label = str(self.type.title if is_more else entry.label)
        if entry.kind is Kind.MONEY and self.currency:
            label = _(", ").join((label, self.currency))
        sort = self.query.sort
        sorted_ = "" if sort.removeprefix("-") != entry.name else "descending" if sort.startswith("-") else "ascending"
        sortable = entry.kind is not Kind.LINK and EXTENSION_MARK not in entry.name
        number = entry.is_number or entry.kind in {Kind.DATE, Kind.DATETIME}
        return Column(entry.name, label, role, number, sort_url(entry.name) if sortable else "", sorted_)

    def _roles(self) -> dict[str, str]:
        """What each column is on a phone's card; every role is given once."""
        cls = self.type.cls
        title = "number" if self.type.is_document else cls.title_field
        found = {title: "title", "state": "state"}
        if self.type.is_document and cls.title_field != title:
            found[cls.title_field] = "what"
        wishes: tuple[tuple[str, Callable[[Field], bool]], ...] = (
            ("who", lambda e: e.kind is Kind.LINK),
            ("amount", lambda e: e.name == getattr(cls, "amount_field", "") or e.kind is Kind.MONEY),
            ("due", lambda e: e.kind is Kind.DATE),
        )
        if self.type.is_document and "what" not in found.values():
            wishes = (*wishes, ("what", lambda e: e.kind is Kind.LINK))
        for role, fits in wishes:
            name = next((entry.name for entry in self.fields if entry.name not in found and fits(entry)), None)
            if name is not None:
                found[name] = role
        return found

    # -- cells -------------------------------------------------------------------------------------------

    def load(self, rows: Sequence[Any], *, stuck: bool = False) -> None:
        """Fetch what the cells of these rows need, one statement for each thing; `stuck` looks for incidents too."""
        currencies = {row.currency for row in rows} if self.type.is_document else set()
        self.currency = currencies.pop() if len(currencies) == 1 else ""
        ids = [row.id for row in rows]
        self.pictures = files.first_pictures(self.type.name, ids) if self.type.cls.has_pictures else {}
        if self.where and ids:
            self.places = (stuck_at(self.type.name, ids) if stuck else {}) | places_of(self.type.name, ids)
        wanted = {entry.name.partition(EXTENSION_MARK)[0] for entry in self.fields if EXTENSION_MARK in entry.name}
        for cls in extensions(self.type.name):
            if cls.__tablename__ in wanted:
                found = session().scalars(sa.select(cls).where(cls.record_id.in_(ids)))
                self.grown[cls.__tablename__] = {row.record_id: row for row in found}

    def cells(self, rows: Sequence[Any]) -> list[list[Cell]]:
        """The cells of all rows."""
        ways = [self._way(name) for name in self.names()]
        return [[way(row) for way in ways] for row in rows]

    def sum_of(self, row: Any) -> str:
        """`KES 14500.00`: what a picked row adds to the sum, empty for a type without an amount."""
        name = getattr(self.type.cls, "amount_field", "")
        value = getattr(row, name) if name else None
        if value is None:
            return ""
        currency = row.currency or self.currency
        return f"{currency} {value:.{money.exponent(currency or 'USD')}f}"

    def _way(self, name: str) -> WAY:
        """How a column's cell is made of a row."""
        if name == WHERE:
            nobody = Cell("", WHERE)
            return lambda row: self.places.get(row.id, nobody)
        entry = next(each for each in self.fields if each.name == name)
        if name == "state":
            return self._state
        if entry.kind is Kind.LINK:
            return self._link(entry)
        title = "number" if self.type.is_document else self.type.cls.title_field
        if name == title:
            return self._title()
        if name == self.type.cls.title_field and self.type.cls.subtitle_field:
            return lambda row: Cell(row.title, sub=row.subtitle)
        return self._plain(entry)

    def _title(self) -> WAY:
        base = f"/{self.type.name}/"
        if self.type.is_document:
            return lambda row: Cell(row.number or f"#{row.id}", "id", url=f"{base}{row.id}")
        if not self.type.cls.has_pictures:
            return lambda row: Cell(row.title, "id", url=f"{base}{row.id}")
        return lambda row: Cell(row.title, "id", url=f"{base}{row.id}", picture=self._picture(row))

    def _picture(self, row: Any) -> str:
        """Where the small first picture of a row is, `none` where it has none: titles stand below each other."""
        found = self.pictures.get(row.id)
        return "none" if found is None else f"/{self.type.name}/{row.id}/files/{found.id}?size=96"

    def _state(self, row: Any) -> Cell:
        badge = words.state_of(row, dict(self.states)) if row.state not in self.states else self.states[row.state]
        return Cell(badge.label, "state", mark=badge.kind) if badge else Cell("", "state")

    def _link(self, entry: Field) -> WAY:
        base = f"/{entry.target}/" if words.may_link(entry.target) else ""

        def cell(row: Any) -> Cell:
            linked = self.type.linked(row, entry)
            if linked is None:
                return Cell("–")
            return Cell(linked.title, sub=linked.subtitle, url=f"{base}{linked.id}" if base else "")

        return cell

    def _plain(self, entry: Field) -> WAY:
        value = self._value(entry)
        if entry.kind in {Kind.DATE, Kind.DATETIME}:
            deadline = next((each.name for each in self.fields if each.kind is Kind.DATE and each.listed), "")
            return lambda row: self._date(value(row), is_late=row.id in self.places and entry.name == deadline)
        if entry.is_number:
            return lambda row: Cell(self._number(entry, value(row), row), "number")
        if entry.kind in {Kind.CHOICE, Kind.BOOLEAN}:
            words_of: dict[Any, str] = {}
            return lambda row: Cell(_remembered(words_of, value(row), entry.shown))
        if entry.kind is Kind.LONG_TEXT:
            return lambda row: Cell(str(value(row) or "–")[:160])
        return lambda row: Cell(str(value(row) or "–"))

    def _value(self, entry: Field) -> Callable[[Any], Any]:
        if EXTENSION_MARK in entry.name:
            extension, _dot, name = entry.name.partition(EXTENSION_MARK)
            grown = self.grown.get(extension, {})
            return lambda row: getattr(grown.get(row.id), name, None)
        if entry.extra:
            return lambda row: self.type.value(row, entry)
        name = entry.name
        return lambda row: getattr(row, name)

    def _number(self, entry: Field, value: Decimal | int | None, row: Any) -> str:
        if value is None:
            return "–"
        if entry.kind is not Kind.MONEY:
            return i18n.digits(f"{value.normalize():,f}" if isinstance(value, Decimal) else f"{value:,}")
        if not value and isinstance(row, Document) and entry.readonly:
            return "–"
        currency = getattr(row, "currency", "") or self.currency
        text = i18n.digits(f"{value:,.{money.exponent(currency or 'USD')}f}")
        return text if self.currency or not currency else f"{currency} {text}"

    def _date(self, value: date | datetime | None, *, is_late: bool) -> Cell:
        """A moment; the first listed day of a document that waits is a day it should be done by."""
        if value is None:
            return Cell("–", "date")
        if isinstance(value, datetime):
            return Cell(i18n.format_datetime(value), "date")
        if value not in self.dates:
            self.dates[value] = _("Today") if value == self.today else i18n.format_date(value)
        return Cell(self.dates[value], "date", late=is_late and value < self.today)


def _remembered(known: dict[Any, str], value: Any, make: Callable[[Any], str]) -> str:
    if value not in known:
        known[value] = make(value)
    return known[value]


def in_reading_order(query: ListQuery) -> list[Field]:
    """What is listed: the number, what and who, the state, then figures and dates."""
    shown = list(query.shown())

    def place(entry: Field) -> int:
        if entry.name == "number":
            return 0
        if entry.kind is Kind.LINK:
            return 1
        if entry.name == "state":
            return 3
        return 5 if entry.kind in {Kind.DATE, Kind.DATETIME} else 4 if entry.is_number else 2

    if not query.type.is_document:
        title = query.type.cls.title_field
        shown.sort(key=lambda entry: (entry.name != title, place(entry)))
        if not any(entry.name == title for entry in shown):
            shown.insert(0, query.type.field(title))
        return shown
    return sorted(shown, key=place)


def columns_of(document_type: DocumentType) -> list[Field]:
    """The columns a reader may choose."""
    return [entry for entry in document_type.all_fields if entry.kind not in {Kind.LINES, Kind.FILES}]


def places_of(type_name: str, ids: list[int]) -> dict[int, Cell]:
    """Where each document is: with whom, since when, and whether it is late; one statement."""
    found: dict[int, tasks.Place] = {}
    for task in tasks.places_of(type_name, ids):
        present = found.get(task.document_id)
        if present is None or (task.assignee_id is not None and present.assignee_id is None):
            found[task.document_id] = task
    now, acting = clock.now(), context.current()
    names: dict[str, str] = {}
    return {key: _held(task) if task.held else _place(task, now, acting, names) for key, task in found.items()}


def _held(task: tasks.Place) -> Cell:
    return Cell(_("Suspended"), WHERE, sub=_(task.name), mark="icon:player-pause")


def stuck_at(type_name: str, ids: list[int]) -> dict[int, Cell]:
    """The step each document is stuck at."""
    found = {}
    for incident in incidents.open_of(type_name, ids):
        text = _("Stuck: %(step)s", step=_(incident.name))
        since = i18n.format_since(incident.opened_at)
        found[incident.document_id] = Cell(text, WHERE, sub=since, mark="icon:alert-triangle", late=True)
    return found


def _place(task: tasks.Place, now: datetime, acting: context.Context, names: dict[str, str]) -> Cell:
    late = task.due_at is not None and task.due_at < now
    since = i18n.format_since(task.claimed_at or task.opened_at)
    if late:
        day = i18n.format_date(i18n.local(task.due_at or now).date())
        since = _("%(since)s, due %(day)s", since=since, day=day)
    if task.assignee_id is not None:
        text = _("You") if task.assignee_id == acting.member_id else task.assignee
        return Cell(text, WHERE, sub=since, mark=initials(task.assignee), late=late)
    role = _remembered(names, tasks.for_whom(task), lambda name: name or _("Anybody"))
    name = _remembered(names, task.name, lambda each: _(each))
    # "Customer decides" says who it is already
    text = name if name.startswith(role) else _(", ").join((role, name[:1].lower() + name[1:]))
    return Cell(text, WHERE, sub=since, mark=f"icon:{words.role_icon(task.role)}", late=late)
