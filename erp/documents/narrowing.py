"""Which rows the actor reaches: branches and the tenant's rules, laid over every statement beside the tenant's wall.

A list, a search, a document by its address, a count, an export, REST, the inbox and a task all read through the one
session, so this is the one place. What a process does and what a sum counts is read past it, with `context.whole()`.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextvars import ContextVar
from datetime import datetime
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from erp import clock, context
from erp.access import TRUSTED, limits
from erp.context import Context
from erp.data import tenancy
from erp.data.audit import AuditEntry
from erp.data.base import session
from erp.documents.conditions import Filter, condition
from erp.documents.types import DocumentType, declared, document_type
from erp.errors import ErpError, Forbidden
from erp.i18n import _

CREATOR, BRANCH = "@creator", "@branch"
"""Fields of rules alone: who made the row, and where it belongs; their values are ME and HERE."""
ME, HERE = "me", "here"
SHOW, EDIT = "show", "edit"
_followers: list[Any] = []
_is_building: ContextVar[bool] = ContextVar("is_building", default=False)


def init() -> None:
    """Narrow every statement from now on."""
    tenancy.narrow_with(options)


def follow(cls: Any) -> None:
    """Rows of this class are reached only with the document their `document_type` and `document_id` name."""
    if cls not in _followers:
        _followers.append(cls)


def allowed(verb: str, kind: DocumentType) -> sa.ColumnElement[bool] | None:
    """The condition on rows of a type under which a verb (`show` or `edit`) is the actor's; None for all rows."""
    parts = [part for part in (_in_branches(kind), _in_rules(verb, kind)) if part is not None]
    return sa.and_(*parts) if parts else None


def which(verb: str, kind: DocumentType, row_ids: Sequence[int]) -> set[int]:
    """Those of the rows on which a verb is the actor's; one statement, or none where nothing limits them."""
    if (limit := allowed(verb, kind)) is None:
        return set(row_ids)
    return set(session().scalars(sa.select(kind.cls.id).where(kind.cls.id.in_(row_ids), limit)))


def require(verb: str, kind: DocumentType, row_ids: Sequence[int]) -> None:
    """Raise Forbidden when a rule of the tenant keeps a verb on one of these rows from the actor."""
    if set(row_ids) - which(verb, kind, row_ids):
        raise Forbidden(_("You may not do this here: a rule of your company limits it to other rows."))


def reached(type_name: Any, row_id: Any) -> sa.ColumnElement[bool] | None:
    """The condition on two columns which name a row that the actor reaches it; None where nothing limits them.

    What is about no document is everybody's; a row that is gone is reached by nobody who is limited.
    """
    acting = context.current()
    if acting.source in TRUSTED or (acting.branches is None and not acting.rules):
        return None
    limited = {name: limit for name, kind in declared().items() if (limit := allowed(SHOW, kind)) is not None}
    return _with_theirs(type_name, row_id, limited) if limited else None


def options() -> Sequence[Any]:
    """What a statement of the actor is narrowed by; nothing for most people."""
    acting = context.current()
    if acting.source in TRUSTED or _is_building.get():
        return ()
    if acting.branches is None and not acting.rules and acting.types is None:
        return ()
    return _options(acting, clock.now().replace(second=0, microsecond=0))


@lru_cache(maxsize=256)
def _options(acting: Context, _minute: datetime) -> Sequence[Any]:
    """Built once a minute for each actor: building costs more than asking, and conditions may speak of today."""
    token = _is_building.set(True)
    try:
        found = []
        limited: dict[str, sa.ColumnElement[bool]] = {}
        for name, kind in declared().items():
            if (limit := allowed(SHOW, kind)) is not None:
                limited[name] = limit
                found.append(_criterion(kind.cls, limit))
        found += [_criterion(cls, _following(cls, limited, acting.types)) for cls in _followers]
        return found
    finally:
        _is_building.reset(token)


def _criterion(cls: Any, limit: sa.ColumnElement[bool]) -> Any:
    return orm.with_loader_criteria(cls, limit, include_aliases=True, propagate_to_loaders=False)


def _following(
    cls: Any, limited: dict[str, sa.ColumnElement[bool]], types: frozenset[str] | None
) -> sa.ColumnElement[bool]:
    theirs = _with_theirs(cls.document_type, cls.document_id, limited)
    return sa.and_(theirs, cls.document_type.in_(sorted(types)) if types is not None else sa.true())


def _with_theirs(type_name: Any, row_id: Any, limited: dict[str, sa.ColumnElement[bool]]) -> sa.ColumnElement[bool]:
    ways = [type_name.not_in(sorted(limited))]
    for name, limit in limited.items():
        own = declared()[name].cls
        ways.append(sa.and_(type_name == name, sa.exists().where(own.id == row_id, limit)))
    return sa.or_(*ways)


def _in_branches(kind: DocumentType) -> sa.ColumnElement[bool] | None:
    """Rows at one of the actor's branches and those at none; what names no branch belongs to all."""
    branches = context.current().branches
    if branches is None or not kind.cls.branch_columns:
        return None
    columns = [getattr(kind.cls, name) for name in kind.cls.branch_columns]
    at_none = sa.and_(*(column.is_(None) for column in columns))
    return sa.or_(at_none, *(column.in_(sorted(branches)) for column in columns))


def _in_rules(verb: str, kind: DocumentType) -> sa.ColumnElement[bool] | None:
    ways = limits(verb, kind.name)
    if ways is None:
        return None
    own = document_type(kind.name)
    return sa.or_(sa.false(), *(sa.and_(*(_holds(own, Filter(*each)) for each in way)) for way in ways))


def _holds(kind: DocumentType, entry: Filter) -> sa.ColumnElement[bool]:
    """A condition of a rule in SQL; one that fits its type no longer holds for no row."""
    if entry.field == CREATOR:
        return kind.cls.id.in_(_made_by(kind.name, context.current().user_id))
    if entry.field == BRANCH:
        here: sa.ColumnElement[bool] = getattr(kind.cls, "branch_id") == context.current().branch_id  # noqa: B009
        return here
    try:
        return condition(kind, entry)
    except (ErpError, ValueError):
        return sa.false()


def _made_by(type_name: str, user_id: int | None) -> sa.Select[int]:
    """Rows a user made, as history tells; names may change and repeat, accounts do not."""
    return sa.select(AuditEntry.subject_id).where(
        AuditEntry.subject == type_name, AuditEntry.kind == "created", AuditEntry.item == "",
        AuditEntry.user_id == user_id,
    )  # fmt: skip
