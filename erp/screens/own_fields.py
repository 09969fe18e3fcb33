"""`/fields/`: the fields a company adds to its documents, seen, made, changed and retired."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import flash, redirect, render_template, request
from flask_appbuilder import BaseView, expose
from werkzeug.wrappers import Response

from erp.access import can, require
from erp.documents import own_fields
from erp.documents.fields import Field, Kind
from erp.documents.own_fields import KINDS, SUBJECT
from erp.documents.types import ExtraField, declared, document_type
from erp.errors import Invalid
from erp.forms import Bound, bind
from erp.forms.inputs import Section
from erp.i18n import _
from erp.screens.editing import FormPage
from erp.screens.guard import members_only
from erp.web.shapes import Link

Answer = Response | str | tuple[str, int]


@dataclass(frozen=True)
class TypeRow:
    """A type, and how many fields of one's own it has."""

    title: str
    url: str
    labels: Sequence[str]


@dataclass(frozen=True)
class FieldRow:
    """A field of one's own."""

    label: str
    help: str
    url: str
    kind: str
    name: str
    is_required: bool
    is_listed: bool
    is_retired: bool


@dataclass(frozen=True)
class FieldsPage:
    """millrace/own_fields.html: every type, or the fields of one."""

    title: str
    crumbs: Sequence[Link] = ()
    types: Sequence[TypeRow] = ()
    rows: Sequence[FieldRow] = ()
    own: Sequence[str] = ()
    """Labels of the fields it comes with."""
    add_url: str = ""
    edits: bool = False


def form_fields(*, is_new: bool) -> list[Field]:
    """What is asked of a field."""
    kinds = tuple((kind.value, str(label)) for kind, label in KINDS.items())
    kind = Field("kind", Kind.CHOICE, _("Kind"), required=True, choices=kinds, default="text",
                 help=_("It cannot be changed later."))  # fmt: skip
    return [
        Field("label", label=_("Name"), required=True, length=100, help=_("As it stands beside the box.")),
        *([kind] if is_new else []),
        Field("help", label=_("Hint"), length=200, help=_("One sentence below the box.")),
        Field("choices", Kind.LONG_TEXT, _("Choices"), help=_("One on each line; only for “One of a list”.")),
        Field("is_required", Kind.BOOLEAN, _("Must be filled in")),
        Field("is_listed", Kind.BOOLEAN, _("Stands in the list")),
    ]


class OwnFields(BaseView):
    """The pages of fields made in the browser."""

    route_base = "/fields"
    default_view = "list"

    @expose("/")
    @members_only
    def list(self) -> Answer:
        """Every type with the fields it was given."""
        require("list", SUBJECT)
        kinds = sorted(declared(), key=lambda name: str(declared()[name].plural))
        view = FieldsPage(_("Fields of your own"), types=[_type_row(name) for name in kinds])
        return render_template("millrace/own_fields.html", view=view)

    @expose("/<type_name>")
    @members_only
    def of_type(self, type_name: str) -> Answer:
        """The fields of one type."""
        rows, edits = own_fields.of_type(type_name), can("edit", SUBJECT)
        kind = declared()[type_name]
        view = FieldsPage(
            _("Fields of your own: %(things)s", things=str(kind.plural)),
            [Link(_("Fields of your own"), "/fields/")],
            rows=[_field_row(row, edits=edits) for row in rows],
            own=[str(entry.label) for entry in kind.fields],
            add_url=f"/fields/{type_name}/new" if edits else "",
            edits=edits,
        )
        return render_template("millrace/own_fields.html", view=view)

    @expose("/<type_name>/new", methods=("GET", "POST"))
    @members_only
    def add(self, type_name: str) -> Answer:
        """Make one."""
        require("edit", SUBJECT)
        own_fields.of_type(type_name)
        bound = bind(form_fields(is_new=True), _typed(), {"kind": "text"})
        if bound.ok:
            try:
                row = own_fields.make(type_name, bound.values)
            except Invalid as error:
                bound = _refused(bound, error)
            else:
                flash(_("“%(field)s” is asked for from now on.", field=row.label), "success")
                return redirect(f"/fields/{type_name}")
        return _form(type_name, _("New field"), bound)

    @expose("/<type_name>/<int:field_id>", methods=("GET", "POST"))
    @members_only
    def edit(self, type_name: str, field_id: int) -> Answer:
        """Change one."""
        require("edit", SUBJECT)
        row = own_fields.find(type_name, field_id)
        bound = bind([each for each in form_fields(is_new=False) if _fits(row, each)], _typed(), _values(row))
        if bound.ok:
            try:
                own_fields.change(row, bound.values)
            except Invalid as error:
                bound = _refused(bound, error)
            else:
                flash(_("Saved."), "success")
                return redirect(f"/fields/{type_name}")
        return _form(type_name, row.label, bound)

    @expose("/<type_name>/<int:field_id>/<any(retire, restore, up, down):what>", methods=("POST",))
    @members_only
    def act(self, type_name: str, field_id: int, what: str) -> Answer:
        """Retire one, bring it back, or move it by one place."""
        require("edit", SUBJECT)
        row = own_fields.find(type_name, field_id)
        if what in {"up", "down"}:
            own_fields.move(row, up=what == "up")
        else:
            own_fields.retire(row, back=what == "restore")
            said = _("“%(field)s” is back, with its values.") if what == "restore" else _(
                "“%(field)s” is asked for no more. Its values are kept.")  # fmt: skip
            flash(said % {"field": row.label}, "success")
        return redirect(f"/fields/{type_name}")


def _typed() -> Mapping[str, Any] | None:
    return request.form if request.method == "POST" else None


def _refused(bound: Bound, error: Invalid) -> Bound:
    return bound.refused(error.fields or {"label": error.message})


def _fits(row: ExtraField, entry: Field) -> bool:
    if entry.name == "choices":
        return row.kind == Kind.CHOICE
    return entry.name != "is_required" or row.kind != Kind.BOOLEAN


def _values(row: ExtraField) -> dict[str, Any]:
    return {
        "label": row.label, "help": row.help, "choices": "\n".join(text for _value, text in row.choices),
        "is_required": row.is_required, "is_listed": row.is_listed,
    }  # fmt: skip


def _type_row(name: str) -> TypeRow:
    kind = document_type(name)
    return TypeRow(str(kind.plural), f"/fields/{name}", [str(entry.label) for entry in kind.fields if entry.extra])


def _field_row(row: ExtraField, *, edits: bool) -> FieldRow:
    url = f"/fields/{row.document_type}/{row.id}" if edits else ""
    kind = str(KINDS.get(Kind(row.kind), row.kind))
    return FieldRow(
        row.label, row.help, url, kind, row.name, row.is_required, row.is_listed, row.retired_at is not None
    )


def _form(type_name: str, title: str, bound: Bound) -> Answer:
    plural, url = str(declared()[type_name].plural), f"/fields/{type_name}"
    page = FormPage(
        title=title, action=request.path, cancel_url=url, submit=_("Save"),
        crumbs=[Link(_("Fields of your own"), "/fields/"), Link(plural, url)], sections=[Section(bound.inputs())],
        errors=bound.other_errors,
    )  # fmt: skip
    return render_template("millrace/form.html", view=page), 422 if bound.errors else 200
