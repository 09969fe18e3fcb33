"""Lists people keep under a name, and how a member likes to look at the lists of a type.

A view is a list's URL arguments and nothing more: whoever opens it sees what their own rights show them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.orm import Mapped, mapped_column

from erp import context
from erp.access import Member, can, require, roles_played
from erp.data.base import repeated, session
from erp.data.tenancy import TenantScoped, key_to
from erp.documents.lists import OPERATORS
from erp.documents.types import DocumentType
from erp.errors import Forbidden, Invalid, NotFound
from erp.i18n import _

EVERYBODY = "*"
"""`shared_with` of a view every member sees who may list the type."""
KEPT = frozenset({"q", "sort", "size", "columns", "view"})
"""Arguments of a list that a view keeps, beside its conditions."""
MOST = 60
"""Views of one member for one type, and arguments of one view."""


class SavedView(TenantScoped):
    """A list under a name; `shared_with` is empty, EVERYBODY or the name of a role."""

    __tablename__ = "saved_view"
    __table_args__ = (
        key_to("tenant_member", "member_id", ondelete="CASCADE"),
        sa.Index("saved_view_type", "tenant_id", "document_type"),
    )
    document_type: Mapped[str] = mapped_column(sa.String(60))
    name: Mapped[str] = mapped_column(sa.String(60))
    member_id: Mapped[int] = mapped_column(sa.BigInteger)
    shared_with: Mapped[str] = mapped_column(sa.String(64), default="")
    args: Mapped[dict[str, str]] = mapped_column(JSONB, default=dict)
    position: Mapped[int] = mapped_column(default=0)

    @property
    def is_mine(self) -> bool:
        """Whether the actor made it."""
        return self.member_id == context.current().member_id

    @property
    def may_change(self) -> bool:
        """Its maker, and for a shared one whoever may share."""
        return self.is_mine or (bool(self.shared_with) and can("share", "view"))


class ListChoice(TenantScoped):
    """How a member looks at the lists of a type: their columns, and the view they begin with."""

    __tablename__ = "list_choice"
    __table_args__ = (
        sa.UniqueConstraint("tenant_id", "member_id", "document_type"),
        key_to("tenant_member", "member_id", ondelete="CASCADE"),
    )
    member_id: Mapped[int] = mapped_column(sa.BigInteger)
    document_type: Mapped[str] = mapped_column(sa.String(60))
    columns: Mapped[str] = mapped_column(sa.String(2000), default="")
    view_id: Mapped[int | None] = mapped_column(sa.BigInteger)


@dataclass(frozen=True)
class Kept:
    """What the acting member has for the lists of one type."""

    views: Sequence[SavedView]
    columns: tuple[str, ...] = ()
    default: SavedView | None = None


def kept(type_name: str) -> Kept:
    """The views the acting member sees, in their order, and their own choice; one statement."""
    acting = context.current()
    rows = session().execute(_keeping(type_name, acting.member_id, acting.roles)).all()
    views = [view for _choice, view in rows if view is not None]
    choice = rows[0][0] if rows else None
    if choice is None:
        return Kept(views)
    columns = tuple(part for part in choice.columns.split(",") if part)
    return Kept(views, columns, next((view for view in views if view.id == choice.view_id), None))


@lru_cache(maxsize=256)
def _keeping(type_name: str, member_id: int | None, roles: frozenset[str]) -> sa.Select[ListChoice, SavedView]:
    """Put together once for each type and actor: every list asks it."""
    seen = sa.or_(SavedView.member_id == member_id, SavedView.shared_with.in_([EVERYBODY, *sorted(roles)]))
    return (
        sa.select(ListChoice, SavedView)
        .select_from(Member)
        .outerjoin(ListChoice, sa.and_(ListChoice.member_id == Member.id, ListChoice.document_type == type_name))
        .outerjoin(SavedView, sa.and_(SavedView.document_type == type_name, seen))
        .where(Member.id == member_id)
        .order_by(SavedView.position, SavedView.id)
    )


def readable(document_type: DocumentType, args: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """(the arguments that still mean something, the fields that are gone)."""
    names = {entry.name for entry in document_type.all_fields}
    found: dict[str, str] = {}
    gone: list[str] = []
    for key, value in args.items():
        name, _bar, operator = key.rpartition("__")
        if (name and operator in OPERATORS and name not in names) or (
            key == "sort" and value.removeprefix("-") not in names | {"id"}
        ):
            gone.append(name or value.removeprefix("-"))
        else:
            found[key] = value
    return found, list(dict.fromkeys(gone))


@repeated
def save(document_type: DocumentType, name: str, args: Mapping[str, Any], shared_with: str = "") -> SavedView:
    """Keep a list under a name; raises Invalid naming the field `name`, or Forbidden."""
    require("list", document_type.name)
    own = [view for view in kept(document_type.name).views if view.is_mine]
    if len(own) >= MOST:
        raise Invalid(fields={"name": _("You keep %(count)s views here; remove one first.", count=len(own))})
    view = SavedView(
        document_type=document_type.name,
        member_id=context.current().member_id,
        position=max((each.position for each in own), default=0) + 1,
        args=_clean(args),
    )
    _name(view, name, own)
    _share(view, shared_with)
    session().add(view)
    session().flush()
    return view


@repeated
def change(document_type: DocumentType, view_id: int, name: str, shared_with: str) -> SavedView:
    """Rename a view and share it otherwise; raises Invalid, Forbidden or NotFound."""
    view = _changeable(document_type, view_id)
    _name(view, name, [each for each in kept(document_type.name).views if each.is_mine])
    if shared_with != view.shared_with:
        _share(view, shared_with)
    return view


@repeated
def replace_list(document_type: DocumentType, view_id: int, args: Mapping[str, Any]) -> SavedView:
    """Keep another list under the name of a view."""
    view = _changeable(document_type, view_id)
    view.args = _clean(args)
    return view


@repeated
def move(document_type: DocumentType, view_id: int, step: int) -> None:
    """Let a view change places with the one before (-1) or after (1) it, among those the actor may change."""
    _changeable(document_type, view_id)
    views = [view for view in kept(document_type.name).views if view.may_change]
    at = next(place for place, view in enumerate(views) if view.id == view_id)
    views.insert(max(0, at + step), views.pop(at))
    for place, view in enumerate(views):
        view.position = place + 1


@repeated
def remove(document_type: DocumentType, view_id: int) -> None:
    """Forget a view."""
    session().delete(_changeable(document_type, view_id))


@repeated
def begin_with(document_type: DocumentType, view_id: int | None) -> None:
    """Let the actor's lists of this type begin with a view they see, or with all."""
    if view_id is not None:
        _visible(document_type, view_id)
    _choice(document_type).view_id = view_id


@repeated
def choose_columns(document_type: DocumentType, columns: Sequence[str]) -> None:
    """Keep the actor's columns of this type; none for the type's own."""
    require("list", document_type.name)
    _choice(document_type).columns = ",".join(columns)[:2000]


def _visible(document_type: DocumentType, view_id: int) -> SavedView:
    """A view the actor sees; raises NotFound."""
    require("list", document_type.name)
    found = next((view for view in kept(document_type.name).views if view.id == view_id), None)
    if found is None:
        raise NotFound(_("There is no such view."))
    return found


def _changeable(document_type: DocumentType, view_id: int) -> SavedView:
    view = _visible(document_type, view_id)
    if not view.may_change:
        raise Forbidden(_("This view belongs to somebody else."))
    return view


def _name(view: SavedView, name: str, own: Sequence[SavedView]) -> None:
    name = name.strip()
    if not name:
        raise Invalid(fields={"name": _("Give the view a name.")})
    if len(name) > 60:
        raise Invalid(
            fields={"name": _("At most %(count)s characters; this has %(found)s.", count=60, found=len(name))}
        )
    if any(each.id != view.id and each.name.lower() == name.lower() for each in own):
        raise Invalid(fields={"name": _("You have a view of this name already.")})
    view.name = name


def _share(view: SavedView, shared_with: str) -> None:
    if shared_with:
        require("share", "view")
        if shared_with != EVERYBODY and shared_with not in roles_played():
            raise Invalid(fields={"shared_with": _("Choose one of the list.")})
    view.shared_with = shared_with


def _clean(args: Mapping[str, Any]) -> dict[str, str]:
    found = {}
    for key, value in args.items():
        name, _bar, operator = key.rpartition("__")
        if key in KEPT or (name and operator in OPERATORS):
            found[key[:120]] = str(value)[:2000]
    return dict(list(found.items())[:MOST])


def _choice(document_type: DocumentType) -> ListChoice:
    """The actor's choice for a type; two windows may make it at once."""
    own = {"member_id": context.current().member_id, "document_type": document_type.name}
    session().execute(insert(ListChoice).on_conflict_do_nothing(), [{**own, "columns": ""}])
    return session().scalars(sa.select(ListChoice).filter_by(**own)).one()
