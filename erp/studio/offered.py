"""What the editor's panel offers for one process: roles, forms, fields, actions, decisions, and the words for them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

import sqlalchemy as sa

from erp import context, prepare
from erp.access import CUSTOMER, role_name
from erp.config import ROOT
from erp.data.base import session
from erp.data.organisation import Company
from erp.decisions import DecisionFailed
from erp.documents import types
from erp.documents.fields import Field, Kind
from erp.forms import Form
from erp.forms import load as load_form
from erp.i18n import _, format_number
from erp.modelling import catalogue
from erp.modelling.checking import kinds
from erp.modelling.drafts import Drawing
from erp.workflow import actions, definitions
from erp.workflow.actions import ActionType
from erp.workflow.diagrams.dialect import GATEWAYS, TASKS
from erp.workflow.linting.linter import STATES

Json = dict[str, Any]


def offered(key: str, drawing: Drawing) -> Json:
    """Everything the panel may name, each with the label people know it by."""
    return {
        "kinds": sorted(TASKS | GATEWAYS),
        "roles": [{"value": role, "label": role_name(role)} for role in [*catalogue.lanes(), CUSTOMER]],
        "forms": forms(key, drawing),
        "fields": [field_json(each) for each in catalogue.declared(key)],
        "actions": [action_json(each) for each in fitting(key)],
        "decisions": decisions(drawing),
        "processes": processes(key),
        "companies": list(session().scalars(sa.select(Company.name).order_by(Company.id))),
        "milestones": sorted(catalogue.relied_on(key)),
        "icons": icons(),
        "states": [{"value": kind, "label": state_words()[kind]} for kind in state_words()],
        "names": dict(kinds()),
        "language": context.current().language,
    }


@cache
def icons() -> list[str]:
    """Names of the icons a step may have."""
    lines = (ROOT / "erp" / "frontend" / "icons.txt").read_text().splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def state_words() -> Mapping[str, str]:
    """What the kinds of badges are called."""
    words = {
        "idle": _("Begun or at rest (grey)"),
        "move": _("Being worked on (blue)"),
        "wait": _("Waiting for somebody (amber)"),
        "good": _("Went well (green)"),
        "bad": _("An exception (red)"),
        "done": _("Closed (outline)"),
    }
    return {kind: text for kind, text in words.items() if kind in STATES}


def field_json(entry: Field) -> Json:
    """A field as conditions and forms name it."""
    return {
        "value": entry.name,
        "label": str(entry.label) or entry.name,
        "kind": str(entry.kind),
        "choices": [{"value": value, "label": str(label)} for value, label in entry.choices],
        "readonly": entry.readonly,
    }


def forms(key: str, drawing: Drawing) -> list[Json]:
    """Every form there is, those of this process first, with the fields each fills and the answers it gives."""
    names = sorted(
        {*definitions.shipped_forms(), *drawing.forms}, key=lambda name: (not name.startswith(f"{key}."), name)
    )
    kind, known = types.declared().get(key), catalogue.fields_of(key)
    found = []
    for name in names:
        form = _form(drawing.forms.get(name) or definitions.shipped_form(name))
        if form is None:
            continue
        if kind is not None and name.startswith(f"{key}."):
            form = form.of_document(catalogue.editable(key))
        found.append({
            "value": name,
            "label": name,
            "own": name.startswith(f"{key}."),
            "edits": _edits(form, known),
            "answers": [field_json(each) for each in form.fields if not each.binds and each.kind is not Kind.LINES],
        })  # fmt: skip
    return found


def _edits(form: Form, known: frozenset[str]) -> list[str]:
    """What a task that asks this form has to be allowed to change."""
    filled = [each.binds for each in form.fields if each.binds and not each.readonly]
    return [*filled, *(each.name for each in form.fields if each.kind is Kind.FILES and each.name in known)]


def _form(schema: Any) -> Form | None:
    return load_form(json.dumps(schema).encode()) if schema else None


def processes(key: str) -> list[Json]:
    """Every other process with its versions, the newest first, and their tags."""
    found = sorted(catalogue.versions().items())
    return [
        {
            "value": each,
            "label": catalogue.title(each),
            "versions": [
                {"number": number, "label": _versioned(number, tags[number])} for number in sorted(tags)[::-1]
            ],
            "tags": sorted({tag for tag in tags.values() if tag}),
        }
        for each, tags in found
        if each != key
    ]


def _versioned(number: int, tag: str) -> str:
    said = _("Version %(number)s", number=format_number(number))
    return f"{said} ({tag})" if tag else said


def fitting(key: str) -> list[ActionType]:
    """The actions that work on this process' document, by plugin."""
    found = [each for each in actions.catalogue().values() if each.document_type in {"", key}]
    return sorted(found, key=lambda each: (each.document_type != key, each.plugin, each.name))


def action_json(entry: ActionType) -> Json:
    """An action with its help and its typed parameters."""
    title, _gap, more = entry.help.partition("\n\n")
    plugin = prepare.loaded().get(entry.plugin)
    return {
        "value": entry.name,
        "label": entry.name.replace("_", " ").capitalize(),
        "help": " ".join(title.split()),
        "more": " ".join(more.split()),
        "plugin": _(plugin.title) if plugin is not None else entry.plugin,
        "outside": entry.is_call,
        "parameters": [
            {"name": name, "type": kind, "optional": name in entry.optional} for name, kind in entry.parameters.items()
        ],
    }


def decisions(drawing: Drawing) -> list[Json]:
    """Every decision there is, with what it answers."""
    found = []
    for key, model in sorted(catalogue.models(drawing.decisions).items()):
        try:
            outputs = sorted(model.outputs(key))
        except DecisionFailed:
            outputs = []
        found.append({"value": key, "label": key.replace("_", " ").capitalize(), "outputs": outputs})
    return found
