"""ListQuery: one description of a list; the page, a saved view, REST and an export run the same object."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload, load_only

from erp import config, context
from erp.data.base import AppSession, session
from erp.documents import archiving
from erp.documents.base import Record
from erp.documents.conditions import OPERATORS, Filter, column_of, condition
from erp.documents.fields import Field, Kind
from erp.documents.searching import matching
from erp.documents.types import EXTENSION_MARK, DocumentType, declared
from erp.errors import Invalid, UserError
from erp.i18n import _

PAGE = 50
COUNTED = 10_000
"""Counting stops here: a list says `10,000+`."""
MARK = 9
"""Bytes of the mark a page's token begins with."""


@dataclass(frozen=True)
class Page:
    """Rows of one page with what is needed to go on."""

    rows: Sequence[Any]
    after: str | None
    """Token of the next page, None on the last."""
    count: int
    """Rows of the whole list, at most COUNTED + 1."""
    before: str | None = None
    """Token of the page before, None on the first."""

    @property
    def count_is_capped(self) -> bool:
        """Whether there are more than COUNTED rows."""
        return self.count > COUNTED


Condition = Callable[[DocumentType], "sa.ColumnElement[bool]"]
_views: dict[str, Condition] = {archiving.VIEW: archiving.archived}
__all__ = ["COUNTED", "OPERATORS", "PAGE", "Filter", "ListQuery", "Page", "define_view"]


ALWAYS = ("id", "tenant_id", "number", "state", "currency")
"""What a list reads of every row that has it."""


def define_view(name: str, condition: Condition) -> None:
    """Let lists be narrowed by what a room above knows, such as `overdue`; done once, by its init."""
    _views[name] = condition


def read_of(cls: type[Record], names: Iterable[str]) -> list[Any]:
    """The columns that hold these values of a row, and what it is called; none where one of them is worked out."""
    if cls.title is not Record.title or cls.subtitle is not Record.subtitle:
        return []
    known = sa.inspect(cls).column_attrs
    called = (cls.title_field, cls.subtitle_field, getattr(cls, "amount_field", ""))
    wanted = {*names, *filter(None, called), *(name for name in ALWAYS if name in known)}
    return [getattr(cls, name) for name in sorted(wanted)] if all(name in known for name in wanted) else []


@dataclass(frozen=True)
class ListQuery:
    """What a list shows: of which type, narrowed, sorted and from where on."""

    type: DocumentType
    search: str = ""
    filters: tuple[Filter, ...] = ()
    columns: tuple[str, ...] = ()
    sort: str = "-id"
    """A field, `-` before it for the largest first."""
    after: str = ""
    size: int = PAGE
    before: str = ""
    """Token: the page that ends before this row."""
    view: str = ""
    """A defined view the list is narrowed to."""
    ids: tuple[int, ...] = ()
    """Only these rows, when some were picked by hand."""

    @classmethod
    def parse(cls, document_type: DocumentType, args: Mapping[str, Any]) -> ListQuery:
        """A query from URL arguments: q, sort, after, size, columns, and `field__operator=value`."""
        filters = []
        for key, value in args.items():
            name, _bar, operator = key.rpartition("__")
            if name and operator in OPERATORS:
                filters.append(Filter(name, operator, str(value)))
        size = str(args.get("size", PAGE))
        return cls(
            document_type,
            search=str(args.get("q", "")).strip()[:100],
            filters=tuple(filters),
            columns=tuple(part for part in str(args.get("columns", "")).split(",") if part),
            sort=str(args.get("sort", "-id")),
            after=str(args.get("after", "")),
            before=str(args.get("before", "")),
            view=str(args.get("view", "")) if str(args.get("view", "")) in _views else "",
            size=min(max(int(size), 1), 200) if size.isdigit() else PAGE,
        )

    def args(self) -> dict[str, str]:
        """The URL arguments `parse` reads back, without the page token."""
        found = {entry.name: entry.value for entry in self.filters}
        own = {"view": self.view, "q": self.search, "sort": self.sort, "columns": ",".join(self.columns)}
        own["size"] = "" if self.size == PAGE else str(self.size)
        return found | {name: value for name, value in own.items() if value not in {"", "-id"}}

    def shown(self) -> tuple[Field, ...]:
        """The columns: those chosen, else those declared as listed."""
        if self.columns:
            return tuple(self.type.field(name) for name in self.columns)
        return tuple(entry for entry in self.type.all_fields if entry.listed)

    def without(self, entry: Filter) -> ListQuery:
        """The same list with one condition less."""
        return replace(self, filters=tuple(other for other in self.filters if other != entry), after="", before="")

    # -- SQL ---------------------------------------------------------------------------------------------

    def statement(self) -> sa.Select[Any]:
        """The rows, narrowed and sorted, without paging."""
        return self._narrowed(sa.select(self.type.cls)).options(*self._joins())

    def _narrowed(self, statement: sa.Select[Any]) -> sa.Select[Any]:
        errors: dict[str, str] = {}
        for entry in self.filters:
            try:
                statement = statement.where(condition(self.type, entry))
            except ValueError as error:
                errors[entry.field] = str(error)
        if errors:
            raise Invalid(_("A filter does not fit its column."), fields=errors)
        if self.view:
            statement = statement.where(_views[self.view](self.type))
        elif not self.ids and archiving.is_archivable(self.type):
            statement = statement.where(~archiving.archived(self.type))
        if self.ids:
            statement = statement.where(self.type.cls.id.in_(self.ids))
        return statement.where(matching(self.type, self.search)) if self.search else statement

    def _links(self) -> dict[str, Field]:
        return {
            entry.name: entry
            for entry in sorted(self.shown(), key=lambda each: each.name)
            if entry.kind is Kind.LINK and EXTENSION_MARK not in entry.name
        }

    def _joins(self) -> list[Any]:
        return [joinedload(getattr(self.type.cls, name)) for name in self._links()]

    def _narrow_joins(self) -> list[Any]:
        joined = []
        for name, entry in self._links().items():
            target = getattr(self.type.cls, name)
            columns = read_of(declared()[entry.target].cls, ())
            joined.append(joinedload(target).load_only(*columns) if columns else joinedload(target))
        return joined

    def _narrow_columns(self) -> list[Any]:
        shown = [entry for entry in self.shown() if EXTENSION_MARK not in entry.name]
        names = [f"{each.name}_id" if each.kind is Kind.LINK else each.name for each in shown if not each.extra]
        if any(each.extra for each in shown):
            names.append("extra")
        columns = read_of(self.type.cls, {*names, *(column.key for column in self._sorted_by())})
        return [load_only(*columns)] if columns else []

    def _order(self) -> tuple[Any, bool, Any]:
        descending = self.sort.startswith("-")
        name = self.sort.removeprefix("-")
        column = self.type.cls.id if name == "id" else column_of(self.type, self.type.field(name))
        return column, descending, self.type.cls.id

    def _sorted_by(self) -> list[Any]:
        """What a row needs to hold for its token."""
        name = self.sort.removeprefix("-")
        if name == "id":
            return []
        field = self.type.field(name)
        return [self.type.cls.extra if field.extra else column_of(self.type, field)]

    def _ordered(self, statement: sa.Select[Any], *, back: bool = False) -> sa.Select[Any]:
        column, descending, key = self._order()
        first = column.desc() if descending is not back else column.asc()
        second = key.desc() if descending is not back else key.asc()
        if column is key:
            return statement.order_by(second)
        return statement.order_by(first.nulls_first() if back else first.nulls_last(), second)

    def page(self, current: Session | AppSession | None = None) -> Page:
        """One page by keyset and the capped count; two statements, one where there is one page only."""
        current = current or session()
        return self._page(current, self.statement(), lambda statement: list(current.scalars(statement).unique()))

    def shown_page(self) -> Page:
        """The same page for who reads of a row, and of what it links to, only its columns and what it is called."""
        statement = self._narrowed(sa.select(self.type.cls)).options(*self._narrow_joins(), *self._narrow_columns())
        return self._page(session(), statement, lambda found: list(session().scalars(found).unique()))

    def page_of(self, columns: Sequence[Any], counted: int) -> Page:
        """The same page with tuples of these columns for rows, `id` among them; what links point to is not read.

        Rows are counted to `counted` + 1.
        """
        chosen = {column.key: column for column in [*columns, *self._sorted_by()]}
        statement = self._narrowed(sa.select(*chosen.values()))
        return self._page(session(), statement, lambda found: list(session().execute(found)), counted)

    def _page(
        self, current: Session | AppSession, statement: sa.Select[Any], read: Callable[[sa.Select[Any]], list[Any]],
        counted: int = COUNTED,
    ) -> Page:  # fmt: skip
        back = bool(self.before)
        rows = read(self._ordered(self._beyond(statement, back=back), back=back).limit(self.size + 1))
        more = len(rows) > self.size
        rows = rows[: self.size][::-1] if back else rows[: self.size]
        if back and not more:
            return replace(self, before="", after="")._page(current, statement, read, counted)  # noqa: SLF001 - another ListQuery
        after = self.token(rows[-1]) if rows and (more or back) else None
        before = self.token(rows[0]) if rows and (back or self.after) else None
        is_all = not (more or self.after or self.before)
        return Page(rows, after, len(rows) if is_all else self.count(current, counted), before)

    def count(self, current: Session | AppSession | None = None, counted: int = COUNTED) -> int:
        """How many rows, at most `counted` + 1."""
        inner = self._narrowed(sa.select(self.type.cls.id)).limit(counted + 1).subquery()
        return (current or session()).scalar(sa.select(sa.func.count()).select_from(inner)) or 0

    def values(self, field: Field, most: int, current: Session | AppSession | None = None) -> list[tuple[Any, int]]:
        """(value, rows) of a field among the first COUNTED rows, the commonest first, `most` at most; one statement."""
        inner = self._narrowed(sa.select(column_of(self.type, field).label("value")))
        found = inner.limit(COUNTED + 1).subquery()
        counted = sa.func.count()
        statement = sa.select(found.c.value, counted).group_by(found.c.value).order_by(counted.desc()).limit(most)
        return [(value, count) for value, count in (current or session()).execute(statement)]

    def keys(self, most: int) -> list[int]:
        """The ids of the rows in their order, at most `most`."""
        statement = self._ordered(self._narrowed(sa.select(self.type.cls.id))).limit(most)
        return list(session().scalars(statement))

    def token(self, row: Any) -> str:
        """Names the row a page ends with; good for this tenant, type and order, whatever becomes of the row."""
        name = self.sort.removeprefix("-")
        return self._token_of(None if name == "id" else self.type.value(row, self.type.field(name)), row.id)

    def _token_of(self, value: Any, row_id: int) -> str:
        name = self.sort.removeprefix("-")
        value = None if name == "id" else self.type.field(name).to_json(value)
        content = json.dumps([value, row_id]).encode()
        return base64.urlsafe_b64encode(self._mark(content) + content).decode().rstrip("=")

    def _mark(self, content: bytes) -> bytes:
        """What only this installation can put before a token's content."""
        whose = f"{context.current().tenant_id} {self.type.name} {self.sort} ".encode()
        key = hashlib.sha256(config.settings().secret_key.encode()).digest()
        return hashlib.blake2b(whose + content, key=key, person=b"list page", digest_size=MARK).digest()

    def _beyond(self, statement: sa.Select[Any], *, back: bool = False) -> sa.Select[Any]:
        """The rows after (or before) the row a token names; empty values stand last in either order."""
        token = self.before if back else self.after
        if not token:
            return statement
        value, last_id = self._position(token)
        column, descending, key = self._order()
        upward = descending is back
        beyond = key > last_id if upward else key < last_id
        if column is key:
            return statement.where(beyond)
        if value is None:
            same = sa.and_(column.is_(None), beyond)
            return statement.where(sa.or_(column.is_not(None), same) if back else same)
        further = column > value if upward else column < value
        ways = [further, sa.and_(column == value, beyond)]
        return statement.where(sa.or_(*ways, *(() if back else (column.is_(None),))))

    def _position(self, token: str) -> tuple[Any, int]:
        """(value, id) a token names; raises UserError for one damaged, made elsewhere or made for another order."""
        try:
            told = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
        except ValueError:
            told = b""
        mark, content = told[:MARK], told[MARK:]
        if not content or not hmac.compare_digest(mark, self._mark(content)):
            raise UserError(_("This page's address is damaged or belongs to another list; start from the first page."))
        raw, last_id = json.loads(content)
        name = self.sort.removeprefix("-")
        return (None if name == "id" or raw is None else self.type.field(name).from_json(raw)), last_id

    def rows(self, current: Session | AppSession | None = None, chunk: int = 1000) -> Iterator[Any]:
        """Every row of the list in its order, read in chunks; for exports."""
        query = replace(self, size=chunk, after="", before="")
        current = current or session()
        while True:
            statement = query._ordered(query._beyond(query.statement()))  # noqa: SLF001 - another ListQuery
            found = list(current.scalars(statement.limit(chunk)).unique())
            yield from found
            if len(found) < chunk:
                return
            query = replace(query, after=query.token(found[-1]))

    def tuples(self, columns: Sequence[Any], joins: Sequence[tuple[Any, Any]], chunk: int) -> Iterator[Any]:
        """The given columns of every row in its order, read in chunks; `joins` are (what, on which condition)."""
        query = replace(self, after="", before="")
        by = self._order()[0]
        while True:
            statement = sa.select(*columns, by.label("sorted_by"), self.type.cls.id.label("last_id"))
            statement = statement.select_from(self.type.cls)
            for target, on in joins:
                statement = statement.outerjoin(target, on)
            statement = query._ordered(query._beyond(query._narrowed(statement)))  # noqa: SLF001 - another ListQuery
            found = session().execute(statement.limit(chunk)).all()
            for row in found:
                yield row[:-2]
            if len(found) < chunk:
                return
            query = replace(query, after=self._token_of(found[-1].sorted_by, found[-1].last_id))
