"""Two records that are one: what leads to one of them leads to the other from now on, and the one is put away."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from erp import context
from erp.access import AccessRule, require
from erp.data import audit
from erp.data.audit import Audited, AuditEntry
from erp.data.base import mapped_classes, session, tell_at_end
from erp.data.policies import APPEND_ONLY
from erp.data.tenancy import TenantScoped
from erp.documents import archiving, narrowing
from erp.documents.archiving import Archived
from erp.documents.base import Extension, Line, Record, snake
from erp.documents.fields import Kind
from erp.documents.saved_views import SavedView
from erp.documents.types import declared, document_type
from erp.errors import Conflict, NotFound
from erp.i18n import _
from erp.notifications.models import Notification

ABOUT = (("subject", "subject_id"), ("owner", "owner_id"), ("subject_type", "subject_id"))
"""Pairs of columns that name a row by type and id: files, messages, reminders, links, jobs, payments."""
OWN_PARTS = frozenset({"document_id", "record_id"})
"""Columns that make a row a part of the record itself: its lines and what other plugins add to it."""
INTO, FROM = "merged_into", "merged"
"""Kinds of what is kept in the history of the one that goes and of the one that stays."""


def fold(type_name: str, row_id: int, into_id: int) -> tuple[Record, Record]:
    """Let everything that leads to a record lead to another, and put it away; inside a transaction.

    What the actor cannot see is moved too. Returns (who goes, who stays); raises NotFound, Forbidden or Conflict.
    """
    kind = document_type(type_name)
    require("edit", type_name)
    if row_id == into_id or not archiving.is_archivable(kind):
        raise Conflict(_("Choose another one: nothing is merged into itself."))
    locked = sa.select(kind.cls).where(kind.cls.id.in_((row_id, into_id))).order_by(kind.cls.id).with_for_update()
    rows = {row.id: row for row in session().scalars(locked.execution_options(populate_existing=True))}
    if len(rows) < 2:
        raise NotFound
    narrowing.require(narrowing.EDIT, kind, list(rows))
    for row in rows.values():
        if archiving.entry(kind, row.id) is not None:
            raise Conflict(_("%(name)s is put away. Take it back first.", name=row.title))
    goes, stays = rows[row_id], rows[into_id]
    try:
        with context.whole():
            _relink(type_name, row_id, into_id)
    except IntegrityError as error:
        raise Conflict(_("Both have something of which there may be one only. Remove it from one of them.")) from error
    session().add(Archived(document_type=type_name, row_id=row_id))
    audit.note(INTO, type_name, row_id, item=stays.title)
    audit.note(FROM, type_name, into_id, item=goes.title)
    session().expire_all()
    return goes, stays


def _relink(type_name: str, row_id: int, into_id: int) -> None:
    session().flush()
    for cls, column in _links(type_name):
        values: dict[str, Any] = {column: into_id}
        if issubclass(cls, Record):
            values["version"] = cls.version + 1  # who has it open in a form is told
        moved = sa.update(cls).where(getattr(cls, column) == row_id).values(values)
        _told(cls, column, (row_id, into_id), moved)
    _readdress(type_name, row_id, into_id)
    _rewrite_conditions(type_name, str(row_id), str(into_id))
    for cls, kind_column, id_column in _abouts():
        named = sa.and_(getattr(cls, kind_column) == type_name, getattr(cls, id_column) == row_id)
        session().execute(sa.update(cls).where(named).values({id_column: into_id}), execution_options=_BLIND)


_VALUED = ("eq", "ne", "in", "not_in")
"""Operators of conditions whose value names rows."""
_BLIND = {"synchronize_session": False}


def _readdress(type_name: str, row_id: int, into_id: int) -> None:
    """What members were told about the one that goes opens the one that stays."""
    here = sa.and_(Notification.subject == type_name, Notification.subject_id == row_id)
    moved = sa.func.regexp_replace(Notification.url, rf"^/{type_name}/{row_id}\M", f"/{type_name}/{into_id}")
    session().execute(sa.update(Notification).where(here).values(url=moved), execution_options=_BLIND)


def _rewrite_conditions(type_name: str, goes: str, stays: str) -> None:
    """Saved lists of everybody and rules of roles which name the one that goes name the one that stays."""
    links = {
        name: {entry.name for entry in kind.all_fields if entry.kind is Kind.LINK and entry.target == type_name}
        for name, kind in declared().items()
    }
    naming = sorted(name for name, fields in links.items() if fields)
    for view in session().scalars(sa.select(SavedView).where(SavedView.document_type.in_(naming))):
        fields = {f"{field}__{each}" for field in links[view.document_type] for each in _VALUED}
        view.args = {key: _named(value, goes, stays) if key in fields else value for key, value in view.args.items()}
    for rule in session().scalars(sa.select(AccessRule).where(AccessRule.document_type.in_(naming))):
        rule.conditions = [
            [field, each, _named(value, goes, stays)]
            if field in links[rule.document_type] and each in _VALUED
            else [field, each, value]
            for field, each, value in rule.conditions
        ]


def _named(value: str, goes: str, stays: str) -> str:
    """`12,17` with the one in the place of the other, named once."""
    parts = [part.strip() for part in value.split(",")]
    return ",".join(dict.fromkeys(stays if part == goes else part for part in parts)) if goes in parts else value


def _told(cls: Any, column: str, sides: tuple[int, int], moved: Any) -> None:
    """Move the rows and keep in the history of each what it led to."""
    owner = _owner(cls)
    ids = session().scalars(moved.returning(owner), execution_options=_BLIND).all()
    if not issubclass(cls, Audited):
        return
    subject = snake(cls.owner) if issubclass(cls, Line) else getattr(cls, "extends", cls.__tablename__)
    tell_at_end(audit.values("changed", subject, each, changes={column: list(sides)}) for each in ids)


def _owner(cls: Any) -> Any:
    """The column with the id a change of this row is filed under."""
    if issubclass(cls, Line):
        return cls.document_id
    return cls.record_id if issubclass(cls, Extension) else cls.id


def _links(type_name: str) -> Iterator[tuple[Any, str]]:
    """Every column with a key to the type, of documents, lines and whatever else holds one."""
    for cls in _scoped():
        for key in sa.inspect(cls).local_table.foreign_key_constraints:
            for part in key.elements:
                if key.referred_table.name == type_name and part.column.name == "id":
                    column = part.parent.name
                    if column not in OWN_PARTS:
                        yield cls, column


def _abouts() -> Iterator[tuple[Any, str, str]]:
    for cls in _scoped():
        columns = sa.inspect(cls).local_table.c
        for kind_column, id_column in ABOUT:
            if cls is not AuditEntry and kind_column in columns and id_column in columns:
                yield cls, kind_column, id_column


def _scoped() -> Iterator[Any]:
    """Every table but those whose rows are never changed: who reads a ledger follows who was merged into whom."""
    scoped: Iterator[Any] = (cls for cls in mapped_classes() if issubclass(cls, TenantScoped))
    return (cls for cls in scoped if not cls.__table__.info.get(APPEND_ONLY))
