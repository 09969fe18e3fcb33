"""One question about a document with a form of its own: asked on GET, carried out on POST, what was typed is kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask import redirect, render_template, request
from werkzeug.wrappers import Response

from erp.data.base import settle
from erp.documents.fields import Field
from erp.errors import Conflict, Invalid
from erp.forms import bind
from erp.forms.inputs import Section
from erp.screens.editing import FormPage
from erp.screens.form_keys import FormKey, Made, tell
from erp.screens.guard import typed
from erp.screens.heads import Opened
from erp.screens.lookups import Records
from erp.web.shapes import Link

Said = str | Callable[[], str]
"""A sentence, or who says it at the end of the transaction."""


@dataclass(frozen=True)
class Question:
    """What is asked, what it fills in before, and who carries it out with the typed values and says what happened.

    Afterwards the reader stands before the document again, or where `goes_on` says. What `makes` something makes it
    once, in one transaction, however often its form is sent; what names a number given last is said by a function.
    """

    title: str
    submit: str
    do: Callable[[dict[str, Any]], Said]
    fields: Sequence[Field] = ()
    values: Mapping[str, Any] = field(default_factory=dict)
    note: str = ""
    goes_on: Callable[[], str] | None = None
    makes: bool = False


@dataclass(frozen=True)
class Stand:
    """Where a question is asked: the form's address, where the reader comes from and goes back to, and the currency."""

    action: str
    back: str
    crumbs: Sequence[Link]
    currency: str = ""


def asked(it: Opened, path: str, question: Question) -> Response | tuple[str, int]:
    """The form at `<document>/<path>`, at `path` itself where that is an address, or where to go on once it is done."""
    action = path if path.startswith("/") else f"{it.url}/{path}"
    crumbs = [Link(str(it.type.plural), f"/{it.type.name}/"), Link(it.number, it.url)]
    return asked_at(Stand(action, it.url, crumbs, it.currency), question)


def asked_at(stand: Stand, question: Question) -> Response | tuple[str, int]:
    """The form of a question that is not about a document, or where to go on once it is done."""
    bound = bind(
        question.fields,
        typed() if request.method == "POST" else None,
        question.values,
        currency=stand.currency,
        lookup=Records(),
    )
    errors: list[str] = []
    key = FormKey()
    if bound.ok:
        try:
            made = _done(question, dict(bound.values), stand, key)
        except Invalid as refusal:
            bound = bound.refused(refusal.fields)
            errors = [] if refusal.fields else [refusal.message]
        except Conflict as refusal:
            errors = [refusal.message]
        else:
            tell(made.said, is_repeat=made.is_repeat)
            return redirect(made.url)
    page = FormPage(
        title=question.title,
        action=stand.action,
        cancel_url=stand.back,
        submit=question.submit,
        crumbs=stand.crumbs,
        sections=[Section(bound.inputs())] if question.fields else [],
        errors=[*errors, *bound.other_errors],
        note=question.note,
        key=key.value if question.makes else "",
    )
    return render_template("millrace/form.html", view=page), 422 if request.method == "POST" else 200


def _done(question: Question, values: dict[str, Any], stand: Stand, key: FormKey) -> Made:
    def do() -> Made:
        said = question.do(dict(values))
        if callable(said):
            settle()
            said = said()
        return Made(question.title, question.goes_on() if question.goes_on is not None else stand.back, said=said)

    return key.once(do) if question.makes else do()
