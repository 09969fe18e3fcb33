"""DocumentType: what a document looks like, declared fields and fields made in the browser alike."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from erp import context
from erp.access import can
from erp.data.base import after_commit, is_writing, session
from erp.data.tenancy import TenantScoped
from erp.documents.base import Document, Extension, Record, classes, extensions, snake
from erp.documents.fields import Field, Kind
from erp.errors import NotFound
from erp.i18n import _l

EXTENSION_MARK = "."
LINES = "lines"


class ExtraField(TenantScoped):
    """A field a tenant made in the browser; its values live in the rows' `extra`."""

    __tablename__ = "extra_field"
    __table_args__ = (sa.UniqueConstraint("tenant_id", "document_type", "name"),)
    document_type: Mapped[str] = mapped_column(sa.String(60))
    name: Mapped[str] = mapped_column(sa.String(60))
    kind: Mapped[str] = mapped_column(sa.String(20))
    label: Mapped[str] = mapped_column(sa.String(100))
    help: Mapped[str] = mapped_column(sa.String(200), default="")
    is_required: Mapped[bool] = mapped_column(default=False)
    is_listed: Mapped[bool] = mapped_column(default=False)
    choices: Mapped[list[list[str]]] = mapped_column(JSONB, default=list)
    position: Mapped[int] = mapped_column(default=0)
    retired_at: Mapped[datetime | None] = mapped_column(sa.DateTime(timezone=True))
    """Since when it is asked for no more; its values stay in their rows."""

    def field(self) -> Field:
        """The same description declared fields have."""
        return Field(
            name=self.name,
            kind=Kind(self.kind),
            label=self.label,
            help=self.help,
            required=self.is_required,
            listed=self.is_listed,
            choices=tuple((value, text) for value, text in self.choices),
            extra=True,
        )


@dataclass(frozen=True)
class Table:
    """Rows edited inside the form of what they belong to: the lines of an order, the barcodes of a product."""

    name: str
    cls: Any
    label: str
    fields: tuple[Field, ...]
    is_quiet: bool = False
    """Whether a page says nothing of it while there are no rows."""

    @property
    def field(self) -> Field:
        """The rows as one field of the form."""
        return Field(name=self.name, kind=Kind.LINES, label=self.label, fields=self.fields)

    def as_json(self, row: Any) -> list[dict[str, Any]]:
        """The rows of one document as REST gives them."""
        return [
            {"id": line.id} | {entry.name: entry.to_json(line_value(line, entry)) for entry in self.fields}
            for line in getattr(row, self.name)
        ]


@dataclass(frozen=True)
class DocumentType:
    """Everything generated reads this: screens, forms, lists, REST, import, export, prints."""

    name: str
    cls: type[Record]
    title: str
    plural: str
    plugin: str
    fields: tuple[Field, ...]
    tables: tuple[Table, ...] = ()
    """Its rows inside; those called `lines` are what its sums are made of."""
    system: tuple[Field, ...] = ()
    """Number, state, created …: listed, filtered and exported, never typed."""
    states: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    hidden: frozenset[str] = frozenset()
    """Names of fields the actor has no right to see; they are in no list of fields here."""

    @property
    def is_document(self) -> bool:
        """Whether rows are numbered documents, not master data."""
        return issubclass(self.cls, Document)

    @property
    def all_fields(self) -> tuple[Field, ...]:
        """System fields and own fields."""
        return self.system + self.fields

    @property
    def editable(self) -> tuple[Field, ...]:
        """The fields of the add and edit forms, lines included."""
        own = tuple(entry for entry in self.fields if not entry.readonly)
        return (*own, *(table.field for table in self.tables))

    @property
    def lines(self) -> Table | None:
        """The lines of a document."""
        return next((table for table in self.tables if table.name == LINES), None)

    @property
    def line_cls(self) -> Any:
        """The class of its lines, None where it has none."""
        return None if self.lines is None else self.lines.cls

    @property
    def line_fields(self) -> tuple[Field, ...]:
        """The fields of its lines."""
        return () if self.lines is None else self.lines.fields

    def table(self, name: str) -> Table:
        """The rows inside of this name; raises NotFound."""
        for table in self.tables:
            if table.name == name:
                return table
        raise NotFound(f"{self.name} has no {name}.")

    def field(self, name: str) -> Field:
        """A field by name; raises NotFound."""
        for entry in self.all_fields:
            if entry.name == name:
                return entry
        raise NotFound(f"{self.name} has no field {name}.")

    def value(self, row: Any, entry: Field) -> Any:
        """The typed value of a field of a row, wherever it is stored; links give the id."""
        if entry.extra:
            raw = row.extra.get(entry.name)
            return None if raw is None else entry.from_json(raw)
        if EXTENSION_MARK in entry.name:
            extension, _dot, name = entry.name.partition(EXTENSION_MARK)
            grown = extension_of(row, extension)
            return None if grown is None else line_value(grown, entry.renamed(name))
        return getattr(row, f"{entry.name}_id" if entry.kind is Kind.LINK else entry.name)

    def linked(self, row: Any, entry: Field) -> Record | None:
        """The record a link points to, wherever it is stored."""
        if not entry.extra and EXTENSION_MARK not in entry.name:
            found: Record | None = getattr(row, entry.name)
            return found
        key = self.value(row, entry)
        return None if key is None else session().get(_declared[entry.target].cls, key)

    def put(self, row: Any, entry: Field, value: Any) -> None:
        """Set a field of a row, wherever it is stored."""
        if entry.extra:
            row.extra = {**(row.extra or {}), entry.name: entry.to_json(value)}
        elif EXTENSION_MARK in entry.name:
            extension, _dot, name = entry.name.partition(EXTENSION_MARK)
            key = f"{name}_id" if entry.kind is Kind.LINK else name
            setattr(extension_of(row, extension, make=True), key, value)
        elif entry.kind is Kind.LINK:
            setattr(row, f"{entry.name}_id", value)
        else:
            setattr(row, entry.name, value)

    def as_json(self, row: Any) -> dict[str, Any]:
        """A row as REST gives it."""
        found: dict[str, Any] = {"id": row.id, "version": row.version}
        for entry in self.all_fields:
            found[entry.name] = entry.to_json(self.value(row, entry))
        return found | {table.name: table.as_json(row) for table in self.tables}


def line_value(line: Any, entry: Field) -> Any:
    """The typed value of a field of a line or an extension; links give the id."""
    return getattr(line, f"{entry.name}_id" if entry.kind is Kind.LINK else entry.name)


def extension_of(row: Any, name: str, *, make: bool = False) -> Any:
    """A record's row in an extension table; made when asked for and absent."""
    cls: type[Extension[Any]] = next(c for c in extensions(row.__tablename__) if c.__tablename__ == name)
    found = session().scalar(sa.select(cls).where(cls.record_id == row.id)) if row.id else None
    if found is None and make and is_writing():
        session().flush()
        found = cls(record_id=row.id)
        session().add(found)
    return found


def _declared_fields(cls: type) -> tuple[Field, ...]:
    """Fields of a class in the order they were written; links stand under their own name."""
    found: list[Field] = []
    mapper: Any = sa.inspect(cls)
    for column in mapper.column_attrs:
        source = column.columns[0]
        entry: Field | None = source.info.get("field")
        if entry is None:
            continue
        name = column.key.removesuffix("_id") if entry.kind is Kind.LINK else column.key
        required = entry.required or (
            not source.nullable and entry.default is None and entry.kind is not Kind.BOOLEAN and not entry.readonly
        )
        label = entry.label or name.replace("_", " ").capitalize()
        found.append(replace(entry, name=name, required=required, label=label))
    written = [name for base in reversed(cls.__mro__) for name in vars(base)]
    return tuple(sorted(found, key=lambda entry: written.index(entry.name)))


SYSTEM = (
    Field("number", label=_l("Number"), readonly=True, search=True, listed=True),
    Field("state", kind=Kind.CHOICE, label=_l("State"), readonly=True, listed=True),
)
STAMPS = (
    Field("created_at", kind=Kind.DATETIME, label=_l("Created"), readonly=True),
    Field("created_by", label=_l("Created by"), readonly=True),
    Field("updated_at", kind=Kind.DATETIME, label=_l("Changed"), readonly=True),
    Field("updated_by", label=_l("Changed by"), readonly=True),
)

_declared: dict[str, DocumentType] = {}


def collect(plugins: Mapping[str, str]) -> None:
    """Describe every declared class; `plugins` maps a module's plugin package to its name."""
    _declared.clear()
    for name, cls in classes().items():
        if cls.__module__.rpartition(".")[0] in plugins or cls.__module__ in plugins:
            _declared[name] = _describe(name, cls, plugins)


def names_in(documentation: str, name: str) -> tuple[str, str]:
    """Title and plural a class gives in the first line of its docstring, as `Repair order. Repair orders.` does."""
    title, _dot, rest = (documentation or name.replace("_", " ").capitalize()).strip().partition(".")
    return title, rest.strip().split("\n")[0].partition(".")[0].strip() or f"{title}s"


def _describe(name: str, cls: type[Record], plugins: Mapping[str, str]) -> DocumentType:
    title, plural = names_in(cls.__doc__ or "", name)
    package = cls.__module__.rpartition(".")[0]
    mapper = sa.inspect(cls)
    grown = tuple(
        entry.renamed(f"{extension.__tablename__}{EXTENSION_MARK}{entry.name}")
        for extension in extensions(name)
        if extension.__module__.rpartition(".")[0] in plugins
        for entry in _declared_fields(extension)
    )
    return DocumentType(
        name=name,
        cls=cls,
        title=_l(title),
        plural=_l(plural),
        plugin=plugins.get(package) or plugins[cls.__module__],
        fields=_declared_fields(cls) + grown,
        tables=_tables_of(mapper),
        system=(SYSTEM if issubclass(cls, Document) else ())
        + tuple(replace(each, listed=each.name in cls.listed_stamps) for each in STAMPS),
    )


def _tables_of(mapper: Any) -> tuple[Table, ...]:
    """The rows inside, in the order they were written."""
    return tuple(
        Table(
            name,
            relation.mapper.class_,
            relation.info[LINES].get("label") or _l("Lines"),
            _declared_fields(relation.mapper.class_),
            relation.info[LINES].get("quiet", False),
        )
        for name, relation in mapper.relationships.items()
        if LINES in relation.info
    )


def declared() -> Mapping[str, DocumentType]:
    """Every type the enabled plugins declare, without the tenant's own fields."""
    return _declared


def document_type(name: str) -> DocumentType:
    """The type as the actor may see it, the tenant's own fields included; raises NotFound."""
    found = _declared.get(name)
    if found is None:
        raise NotFound
    extra = extra_fields(name)
    found = replace(found, fields=found.fields + extra) if extra else found
    hidden = frozenset(each.name for each in found.fields if each.right and not can(each.right, name))
    if not hidden:
        return found
    return replace(found, fields=tuple(each for each in found.fields if each.name not in hidden), hidden=hidden)


REMEMBERED = 2.0
"""Seconds a process may go on with a tenant's own fields as it last read them."""
_extra: dict[int, tuple[float, Mapping[str, tuple[Field, ...]]]] = {}


def extra_fields(name: str) -> tuple[Field, ...]:
    """The acting tenant's own fields of a type; read again when they are older than two seconds."""
    tenant_id = context.current().tenant_id
    if tenant_id is None:
        return ()
    read_at, known = _extra.get(tenant_id, (-REMEMBERED, {}))
    if time.monotonic() - read_at >= REMEMBERED:
        by_type: dict[str, list[Field]] = {}
        living = sa.select(ExtraField).where(ExtraField.retired_at.is_(None))
        for row in session().scalars(living.order_by(ExtraField.position, ExtraField.id)):
            by_type.setdefault(row.document_type, []).append(row.field())
        known = {kind: tuple(fields) for kind, fields in by_type.items()}
        _extra[tenant_id] = (time.monotonic(), known)
    return known.get(name, ())


@event.listens_for(ExtraField, "after_insert")
@event.listens_for(ExtraField, "after_update")
@event.listens_for(ExtraField, "after_delete")
def _forget(_mapper: object, _connection: object, target: ExtraField) -> None:
    after_commit(lambda: _extra.pop(target.tenant_id, None) and None)


def type_of(row: Record) -> DocumentType:
    """The type of a row."""
    return document_type(snake(type(row).__name__))
