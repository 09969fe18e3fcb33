"""One question about a document with a form of its own: asked on GET, carried out on POST, what was typed is kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask import flash, redirect, render_template, request
from werkzeug.wrappers import Response

from erp.documents.fields import Field
from erp.errors import Conflict, Invalid
from erp.forms import bind
from erp.forms.inputs import Section
from erp.screens.editing import FormPage
from erp.screens.guard import typed
from erp.screens.heads import Opened
from erp.screens.lookups import Records
from erp.web.shapes import Link


@dataclass(frozen=True)
class Question:
    """What is asked, what it fills in before, and who carries it out with the typed values and says what happened."""

    title: str
    submit: str
    do: Callable[[dict[str, Any]], str]
    fields: Sequence[Field] = ()
    values: Mapping[str, Any] = field(default_factory=dict)
    note: str = ""


def asked(it: Opened, path: str, question: Question) -> Response | tuple[str, int]:
    """The form at `<document>/<path>`, or where to go on once it is done."""
    bound = bind(
        question.fields,
        typed() if request.method == "POST" else None,
        question.values,
        currency=it.currency,
        lookup=Records(),
    )
    errors: list[str] = []
    if bound.ok:
        try:
            said = question.do(dict(bound.values))
        except Invalid as refusal:
            bound = bound.refused(refusal.fields)
            errors = [] if refusal.fields else [refusal.message]
        except Conflict as refusal:
            errors = [refusal.message]
        else:
            flash(said, "success")
            return redirect(it.url)
    page = FormPage(
        title=question.title,
        action=f"{it.url}/{path}",
        cancel_url=it.url,
        submit=question.submit,
        crumbs=[Link(str(it.type.plural), f"/{it.type.name}/"), Link(it.number, it.url)],
        sections=[Section(bound.inputs())] if question.fields else [],
        errors=[*errors, *bound.other_errors],
        note=question.note,
    )
    return render_template("millrace/form.html", view=page), 422 if request.method == "POST" else 200
