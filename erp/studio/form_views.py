"""What the pages of forms show."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from erp import context
from erp.access import can
from erp.errors import NotFound
from erp.i18n import LANGUAGE_NAMES, gettext
from erp.modelling import catalogue, drafts, forms
from erp.modelling.drafts import Drawing, Parts
from erp.modelling.forms import Entry, Schema
from erp.modelling.rights import SUBJECT
from erp.studio import form_offered, views
from erp.studio.form_texts import texts
from erp.studio.part_page import PartPage
from erp.studio.tabs import tabs
from erp.web import languages
from erp.web.shapes import Link, Tab
from erp.workflow import definitions

Made = Callable[[], Parts]
SPOKEN_AT_MOST = 400
"""Texts of a form whose translations are told."""


@dataclass(frozen=True)
class FormsPage:
    """millrace/studio_forms.html."""

    key: str
    title: str
    entries: Sequence[Entry]
    saved: int
    edits: bool
    name: str
    errors: Mapping[str, str]
    crumbs: Sequence[Link]
    tabs: Sequence[Tab]


@dataclass(frozen=True, kw_only=True)
class FormPage(PartPage):
    """millrace/studio_form.html."""

    form: str
    entries: Sequence[Entry]


def list_page(key: str, name: str = "", errors: Mapping[str, str] | None = None) -> FormsPage:
    """The forms of a process; raises NotFound."""
    draft = drafts.find(key)
    return FormsPage(
        key,
        catalogue.title(key),
        forms.entries(key, drafts.present(key)),
        saved=draft.version if draft is not None else 0,
        edits=can("edit", SUBJECT),
        name=name,
        errors=errors or {},
        crumbs=views.crumbs(key),
        tabs=tabs(key, "Forms"),
    )


def editor(key: str, name: str) -> FormPage:
    """The editor of one form; raises NotFound."""
    drawing = drafts.present(key)
    drawn = forms.schema(drawing, name)
    return FormPage.of(
        key,
        "Forms",
        form=name,
        is_own=forms.is_own(drawing, name),
        is_shipped=definitions.shipped_form(name) is not None,
        entries=forms.entries(key, drawing),
        given={
            **form_offered.offered(key),
            "schema": drawn,
            "texts": texts(),
            "steps": [{"id": each.id, "label": each.label} for each in forms.asking(drawing, name)],
            "languages": [{"value": code, "label": LANGUAGE_NAMES.get(code, code)} for code in languages.offered()],
            **_judged(key, drawing, name, drawn),
        },
    )


def place_of(key: str, name: str) -> str:
    """Where the editor of a form is, else the list of those left."""
    try:
        forms.schema(drafts.present(key), name)
    except NotFound:
        return f"/studio/{key}/forms"
    return f"/studio/{key}/forms/{name}"


def judged(key: str, name: str, drawn: Schema) -> dict[str, Any]:
    """What the editor is told of a form that was changed."""
    return _judged(key, drafts.present(key), name, drawn)


def _judged(key: str, drawing: Drawing, name: str, drawn: Schema) -> dict[str, Any]:
    spoken = forms.as_asked(key, drawn, name).texts
    return {
        "problems": [views.remark_json(each) for each in forms.remarks(key, drawing, name, drawn)],
        "said": said(spoken[:SPOKEN_AT_MOST]),
    }


def said(spoken: Iterable[str]) -> dict[str, dict[str, str]]:
    """{language: {text: as it is said there}} of every language but the reader's and the one they are written in."""
    found = {}
    for code in languages.offered():
        if code not in {"en", context.current().language}:
            with context.acting(language=code):
                found[code] = {text: told for text in spoken if (told := gettext(text)) != text}
    return found
