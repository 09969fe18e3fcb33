"""A form of a draft as the inbox or the customer's page shows it: to a role, in a language, on a known document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask import render_template, request
from flask_appbuilder import BaseView, expose

from erp import context
from erp.access import CUSTOMER, can, require, role_name
from erp.data.base import session
from erp.data.organisation import company
from erp.documents import types
from erp.documents.base import Document
from erp.documents.types import DocumentType, document_type
from erp.errors import NotFound
from erp.forms import Form
from erp.i18n import _
from erp.modelling import catalogue, drafts, forms
from erp.modelling.drafts import Drawing
from erp.modelling.rights import SUBJECT
from erp.people import giving
from erp.screens.editing import lines_of, records_for
from erp.screens.guard import members_only
from erp.screens.heads import Opened, opened
from erp.screens.task_forms import TaskPage, buttons_of, facts_of, tables_shown, values_for
from erp.web import languages, offers
from erp.web.headers import framed
from erp.web.shapes import PortalView
from erp.workflow.diagrams.diagram import parse
from erp.workflow.diagrams.elements import Element

EXAMPLES = 12
LATEST = "latest"


@dataclass(frozen=True)
class PreviewPage:
    """millrace/form_preview.html."""

    task: TaskPage
    examples: Mapping[str, Any]
    """Documents to choose from, and the chosen one."""


class FormPreview(BaseView):
    """A drawn form, looked at before it is published."""

    route_base = "/studio"
    default_view = "show"

    @expose("/<key>/forms/<form>/preview")
    @framed
    @members_only
    def show(self, key: str, form: str) -> str:
        """The form of the draft; nothing in it can be sent."""
        require("show", SUBJECT)
        wanted = request.args
        language = wanted.get("language", "")
        spoken = {"language": language} if language in languages.offered() else {}
        drawing = drafts.present(key)
        with context.acting(**spoken):
            step = _step(drawing, form, wanted.get("step", ""))
            examples = _examples(key)
            chosen = _chosen(examples, wanted.get("document", LATEST))
            role, shown = wanted.get("role", ""), {"documents": examples, "chosen": str(chosen or "")}
            with context.acting(**_seen_by(role, step)):
                if _is_customers(role, step):
                    view = _portal(key, _form(key, drawing, form), chosen)
                    return render_template("millrace/portal_preview.html", view=view, examples=shown)
                page = _page(key, _form(key, drawing, form), step, chosen, role)
            return render_template("millrace/form_preview.html", view=PreviewPage(page, shown))


def _form(key: str, drawing: Drawing, name: str) -> Form:
    kind = document_type(key) if key in types.declared() else None
    found = forms.drawn(forms.schema(drawing, name), name)
    return found.of_document(kind.editable, kind.hidden) if kind is not None else found


def _step(drawing: Drawing, form: str, wanted: str) -> Element | None:
    """The wanted step that asks the form, else the first."""
    asking = {each.id for each in forms.asking(drawing, form)}
    steps = [element for id_, element in parse(drawing.bpmn).elements.items() if id_ in asking]
    return next((each for each in steps if each.id == wanted), steps[0] if steps else None)


def _seen_by(role: str, step: Element | None) -> dict[str, Any]:
    """What the chosen role may, and never more than who asks: a preview opens nothing."""
    key = role or (step.lane if step is not None else "")
    if key == CUSTOMER:
        return {"permissions": frozenset(), "roles": frozenset()}
    grant = giving.every().get(key)
    return {} if grant is None else {"permissions": context.current().permissions & grant.pairs, "roles": grant.lanes}


def _examples(key: str) -> list[dict[str, str]]:
    """The newest documents of this process the reader may see."""
    kind = types.declared().get(key)
    if kind is None or not can("show", key):
        return []
    rows = session().scalars(sa.select(kind.cls).order_by(kind.cls.id.desc()).limit(EXAMPLES))
    return [{"value": str(row.id), "label": _called(row)} for row in rows]


def _called(row: Any) -> str:
    parts = (row.number or "", row.summary) if isinstance(row, Document) else (row.title,)
    return _(", ").join(part for part in parts if part) or row.title


def _chosen(examples: Sequence[Mapping[str, str]], wanted: str) -> int | None:
    if wanted == LATEST:
        return int(examples[0]["value"]) if examples else None
    if wanted and wanted not in {each["value"] for each in examples}:
        raise NotFound
    return int(wanted) if wanted else None


def _is_customers(role: str, step: Element | None) -> bool:
    """Whether the step is looked at as the customer who does it: behind a signed link, on a page of its own."""
    return step is not None and step.lane == CUSTOMER and role in {"", CUSTOMER}


def _portal(key: str, form: Form, chosen: int | None) -> PortalView:
    if chosen is None:
        return offers.empty_question(form, catalogue.title(key))
    document = _opened(key, chosen).row
    assert isinstance(document, Document)
    return offers.question(form, document, offers.filled(form, document))


def _page(key: str, form: Form, step: Element | None, chosen: int | None, role: str) -> TaskPage:
    kind = document_type(key) if key in types.declared() else None
    it = _opened(key, chosen) if chosen is not None else None
    values = values_for(kind, it.row, form) if kind is not None and it is not None else {}
    bound = form.bind(None, values, currency=_currency(kind, it), lookup=records_for(form.fields, values))
    name = step.name if step is not None and step.name else _("Step")
    does = step is None or _does(role, step)
    return TaskPage(
        title=_(name),
        action="",
        crumbs=(),
        note="" if does else _("%(role)s does not do this step and sees it with the document.", role=role_name(role)),
        facts=facts_of(it, form) if it is not None else (),
        sections=form.sections(bound),
        lines=lines_of(kind, bound, it.row if it is not None else None) if kind is not None else bound.lines(),
        buttons=buttons_of(form, name) if does else (),
        help=_(step.documentation) if step is not None and step.documentation else "",
        shown_lines=tables_shown(it, form) if it is not None else (),
        claim_url="" if does else "#",
    )


def _opened(key: str, chosen: int) -> Opened:
    """The document whatever the role may list: who asks for the preview has seen it already."""
    with context.acting(permissions=context.current().permissions | {("show", key)}):
        return opened(key, chosen)


def _currency(kind: DocumentType | None, it: Opened | None) -> str:
    if it is not None:
        return it.currency
    return company().currency if kind is not None and kind.is_document else ""


def _does(role: str, step: Element) -> bool:
    """Whether a role does a step: its lane, or whoever stands in; '' is who does it."""
    if not role or role in {step.lane, step.properties.get("stand_in", "").strip()}:
        return True
    grant = giving.every().get(role)
    return grant is not None and step.lane in grant.lanes and step.lane != CUSTOMER
