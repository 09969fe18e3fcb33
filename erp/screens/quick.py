"""A row made beside another form: the few fields its type asks for, in a dialog; what is typed there stays."""

from __future__ import annotations

from dataclasses import dataclass, field

from flask import jsonify, render_template, request
from werkzeug.wrappers import Response

from erp.documents.types import DocumentType
from erp.errors import Invalid, NotFound
from erp.forms import bind
from erp.forms.inputs import Input
from erp.i18n import _
from erp.screens.editing import created, refused, said
from erp.screens.form_keys import FormKey
from erp.screens.guard import typed
from erp.screens.lookups import Records


@dataclass(frozen=True)
class QuickForm:
    """millrace/quick.html: the inside of the dialog."""

    title: str
    action: str
    fields: list[Input]
    key: str
    errors: list[str] = field(default_factory=list)


def answer(kind: DocumentType) -> Response | tuple[str, int]:
    """The form, or once it is posted the new row as pickers know it; raises NotFound for types that offer none."""
    if not kind.cls.quick_fields:
        raise NotFound
    fields = [entry for name in kind.cls.quick_fields for entry in kind.editable if entry.name == name]
    is_post, key = request.method == "POST", FormKey()
    values = {} if is_post else {kind.cls.title_field: request.args.get("text", "")[:200] or None}
    bound = bind(fields, typed() if is_post else None, values, lookup=Records())
    if is_post and bound.ok:
        try:
            made = key.once(lambda: created(kind, dict(bound.values)))
        except Invalid as error:
            bound = refused(bound, error)
        else:
            return jsonify({"id": made.id, "text": made.title, "sub": made.sub})
    title = _("New: %(thing)s", thing=str(kind.title))
    view = QuickForm(title, f"/{kind.name}/quick", bound.inputs(), key.value, said(bound) if is_post else [])
    return render_template("millrace/quick.html", view=view), 422 if is_post else 200
