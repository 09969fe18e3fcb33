"""Views people saved: tabs over the list and the page on which they are kept in order; and the choice of columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl

from flask import request
from werkzeug.datastructures import MultiDict

from erp import access
from erp.access import can
from erp.documents import saved_views
from erp.documents.saved_views import EVERYBODY, Kept, SavedView, readable
from erp.documents.types import DocumentType
from erp.forms.inputs import Choice
from erp.i18n import _
from erp.screens import words
from erp.screens.asked import Asked, addressed, asked_of
from erp.screens.columns import WHERE, Shown, columns_of
from erp.web.shapes import Link, Tab

ALL = "all"
"""`view=all`: everything, even where the member's lists begin with a view."""


@dataclass(frozen=True)
class ViewRow:
    """A saved view among the others."""

    name: str
    url: str
    change_url: str
    shared_with: str
    """In words."""
    shares: Sequence[Choice] = ()
    may_change: bool = False
    is_default: bool = False
    error: str = ""


@dataclass(frozen=True)
class ViewsPage:
    """millrace/views.html."""

    title: str
    crumbs: Sequence[Link]
    rows: Sequence[ViewRow]
    query: str
    save_url: str
    may_share: bool
    name: str = ""
    error: str = ""


@dataclass(frozen=True)
class ColumnsPart:
    """millrace/_columns.html: the columns in their order, those that are shown ticked."""

    title: str
    action: str
    query: str
    columns: Sequence[Choice]
    crumbs: Sequence[Link] = ()
    note: str = ""
    template: str = "millrace/_columns.html"


# -- tabs ------------------------------------------------------------------------------------------------


def view_url(view: SavedView) -> str:
    """The list a view keeps."""
    return addressed(f"/{view.document_type}/", {**view.args, "saved": str(view.id)})


def saved_tabs(asked: Asked, kept: Kept) -> list[Tab]:
    """Those the member sees."""
    return [Tab(view.name, view_url(view), current=view.id == asked.saved) for view in kept.views]


def changed_view(asked: Asked, kept: Kept) -> Link | None:
    """The way to keep the present list under the view's name, where it is another than the view's."""
    view = next((each for each in kept.views if each.id == asked.saved and each.may_change), None)
    if view is None:
        return None
    present = {name: value for name, value in asked.args().items() if name != "saved"}
    if present == readable(asked.query.type, view.args)[0]:
        return None
    return Link(_("Save changes to %(name)s", name=view.name), f"{asked.url}views/{view.id}", "device-floppy")


def gone_note(asked: Asked) -> str:
    """What a view names and the type no longer has."""
    if not asked.gone:
        return ""
    names = _(", ").join(name.replace("_", " ") for name in asked.gone)
    return _("This view names what is gone: %(names)s. The rest of it is shown.", names=names)


# -- the page of views -----------------------------------------------------------------------------------


def views_page(document_type: DocumentType, query: str, *, name: str = "", error: str = "") -> ViewsPage:
    """The views of a type; `name` and `error` are of one that could not be saved."""
    kept = saved_views.kept(document_type.name)
    may_share = can("share", "view")
    roles = access.roles_played() if may_share else []
    url = f"/{document_type.name}/"
    return ViewsPage(
        title=_("Views of %(things)s", things=str(document_type.plural)),
        crumbs=[Link(str(document_type.plural), addressed(url, dict(parse_qsl(query))))],
        rows=[_row(view, kept, roles) for view in kept.views],
        query=query,
        save_url=f"{url}views",
        may_share=may_share,
        name=name,
        error=error,
    )


def _row(view: SavedView, kept: Kept, roles: Sequence[str]) -> ViewRow:
    shares = [("", _("Only me")), (EVERYBODY, _("Everybody")), *((role, access.role_name(role)) for role in roles)]
    names = dict(shares)
    may_share = bool(roles) and view.may_change
    return ViewRow(
        name=view.name,
        url=view_url(view),
        change_url=f"/{view.document_type}/views/{view.id}",
        shared_with=names.get(view.shared_with, view.shared_with),
        shares=[Choice(value, label, current=value == view.shared_with) for value, label in shares]
        if may_share
        else (),
        may_change=view.may_change,
        is_default=kept.default is not None and kept.default.id == view.id,
    )


def kept_args(document_type: DocumentType, query: str) -> dict[str, str]:
    """The arguments of the list a form was sent from, as a view keeps them."""
    asked = asked_of(document_type, MultiDict(parse_qsl(query)))
    return {name: value for name, value in asked.args().items() if name != "saved"}


def act(document_type: DocumentType, view_id: int, deed: str) -> None:
    """What a button of the views' page does: rename, replace, up, down, begin, stop or remove."""
    if deed == "replace":
        saved_views.replace_list(document_type, view_id, kept_args(document_type, request.form.get("query", "")))
    elif deed in {"up", "down"}:
        saved_views.move(document_type, view_id, -1 if deed == "up" else 1)
    elif deed in {"begin", "stop"}:
        saved_views.begin_with(document_type, view_id if deed == "begin" else None)
    elif deed == "remove":
        saved_views.remove(document_type, view_id)
    else:
        form = request.form
        saved_views.change(document_type, view_id, form.get("name", ""), form.get("shared_with", ""))


# -- columns ---------------------------------------------------------------------------------------------


def columns_part(document_type: DocumentType, query: str, order: Sequence[str] = ()) -> ColumnsPart:
    """The columns of the list a query asks for; `order` is what the reader has made of them so far."""
    asked = asked_of(document_type, MultiDict(parse_qsl(query)), saved_views.kept(document_type.name))
    runs = document_type.is_document and words.has_process(document_type.name)
    where = runs and (not asked.columns or WHERE in asked.columns)
    labels = {entry.name: str(entry.label) for entry in columns_of(document_type)}
    if runs:
        labels[WHERE] = _("Where is it")
    shown = [name for name in Shown(asked.query, {}, where=where, order=asked.columns).names() if name in labels]
    ticked = [part for part in request.form.getlist("columns") if part in labels] if order else shown
    known = [name for name in order if name in labels] or shown
    names = [*known, *(name for name in labels if name not in known)]
    return ColumnsPart(
        title=_("Columns"),
        action=f"{asked.url}columns",
        query=query,
        columns=[Choice(name, labels[name], current=name in ticked) for name in names],
        crumbs=[Link(str(document_type.plural), asked.address())],
        note=_("The view keeps these columns once you save it.") if asked.saved else "",
    )


def moved(names: Sequence[str], move: str) -> list[str]:
    """The names after a press on `up:name` or `down:name`."""
    way, _colon, name = move.partition(":")
    found = list(names)
    if name in found:
        at = found.index(name)
        found.insert(max(0, at + (-1 if way == "up" else 1)), found.pop(at))
    return found


def chosen_columns(document_type: DocumentType) -> str:
    """Keep the posted columns, for the view the reader came from in its address, else for the member; where to go."""
    query = request.form.get("query", "")
    known = {entry.name for entry in columns_of(document_type)} | {WHERE}
    names = [] if request.form.get("reset") else [name for name in request.form.getlist("columns") if name in known]
    args = dict(parse_qsl(query))
    args.pop("columns", None)
    if args.get("saved") and names:
        return addressed(f"/{document_type.name}/", {**args, "columns": ",".join(names)})
    saved_views.choose_columns(document_type, names)
    return addressed(f"/{document_type.name}/", args)
