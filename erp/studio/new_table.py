"""The form a new decision table begins with: what it asks, what it answers, and what counts when several rules fit."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from werkzeug.datastructures import MultiDict

from erp.decisions.tables import Policy
from erp.documents.fields import Kind
from erp.errors import Invalid
from erp.forms.inputs import Choice, Input, Tick, Ticks
from erp.i18n import _
from erp.modelling import catalogue, drafts, looking, tables
from erp.modelling.drafts import Drawing
from erp.modelling.making import Part, Wish
from erp.modelling.table_differences import policy_words
from erp.studio import views
from erp.studio.offered import forms
from erp.studio.tabs import tabs
from erp.web.shapes import Link, Tab
from erp.workflow.diagrams.diagram import DiagramInvalid, parse

NAME = re.compile(r"[^\W\d]\w{0,59}(\.[^\W\d]\w{0,59}){0,3}")
OUTPUTS = 3
OFFERED = (Policy.FIRST, Policy.UNIQUE, Policy.COLLECT, Policy.ANY, Policy.RULE_ORDER)
"""What a table may begin as; those that need an order of the answers are chosen in the editor."""


@dataclass(frozen=True)
class NewTablePage:
    """millrace/studio_new_table.html."""

    key: str
    title: str
    saved: int
    step: str
    refused: str
    fields: Sequence[Input]
    groups: Sequence[Ticks]
    own: Sequence[Input]
    outputs: Sequence[Sequence[Input]]
    crumbs: Sequence[Link]
    tabs: Sequence[Tab]


def kinds() -> Mapping[str, str]:
    """What the types of columns are called."""
    return {
        "string": _("text"),
        "number": _("number"),
        "boolean": _("yes or no"),
        "date": _("day"),
        "dateTime": _("day and time"),
    }


def wish(key: str, drawing: Drawing, typed: MultiDict[str, str]) -> Wish:
    """The table the form asks for; raises Invalid at its fields."""
    title = typed.get("title", "").strip()[:80]
    policy = typed.get("policy", "")
    offered = {part.name: part for part in (*_of_document(key), *_answers(key, drawing))}
    inputs = [offered[name] for name in typed.getlist("input") if name in offered]
    own, errors = typed.get("own", "").strip(), {}
    if own and not NAME.fullmatch(own):
        errors["own"] = _("Write one name as programs say it, for example is_holiday.")
    elif own and own not in offered:
        inputs.append(Part(own, own, _type(typed.get("own_type", ""))))
    outputs = list(_outputs(typed))
    if not tables.slug(title):
        errors["title"] = _("Give it a name of letters.")
    if not inputs and "own" not in errors:
        errors["input"] = _("Choose at least one thing it asks.")
    if not outputs:
        errors["output0"] = _("Name at least one thing it answers, in letters.")
    if errors:
        raise Invalid(fields=errors)
    chosen = Policy(policy) if policy in set(OFFERED) else Policy.FIRST
    return Wish(tables.slug(title), title, chosen, inputs, outputs)


def _outputs(typed: MultiDict[str, str]) -> Iterator[Part]:
    for place in range(OUTPUTS):
        label = typed.get(f"output{place}", "").strip()[:80]
        if name := tables.slug(label):
            yield Part(name, label, _type(typed.get(f"output{place}_type", "")))


def _type(name: str) -> str:
    return name if name in kinds() else "string"


def _of_document(key: str) -> list[Part]:
    found = looking.fields(key)
    return [Part(f"document.{each.name}", str(each.label) or each.name, looking.feel(each).basic) for each in found]


def _answers(key: str, drawing: Drawing) -> list[Part]:
    """What the forms of its steps ask beside the fields of the document."""
    try:
        asked = {element.form for element in parse(drawing.bpmn).elements.values()}
    except DiagramInvalid:
        return []
    found = [answer for form in forms(key, drawing) if form["value"] in asked for answer in form["answers"]]
    parts = [
        Part(each["value"], each["label"], looking.FEEL.get(Kind(each["kind"]), "string"))
        for each in found
        if Kind(each["kind"]) not in looking.UNTOLD
    ]
    return list({part.name: part for part in parts}.values())


def page(key: str, drawing: Drawing, typed: MultiDict[str, str], errors: Mapping[str, str], step: str) -> NewTablePage:
    """The form as it was filled in."""
    draft = drafts.find(key)
    policies = tuple(Choice(policy, policy_words()[policy]) for policy in OFFERED)
    return NewTablePage(
        key, catalogue.title(key),
        saved=draft.version if draft is not None else 0,
        step=step,
        refused=errors.get("", ""),
        fields=[
            Input("title", _("Name"), value=typed.get("title", ""), required=True, max_length=80,
                  error=errors.get("title", ""), hint=_("For example: Discount by total")),
            Input("policy", _("When several rules fit"), "choice", typed.get("policy", Policy.FIRST), required=True,
                  choices=policies),
        ],
        groups=[each for each in _groups(key, drawing, typed, errors) if each.ticks],
        own=[
            Input("own", _("Something else it asks"), value=typed.get("own", ""), max_length=80,
                  error=errors.get("own", ""), hint=_("A name that scripts or other tables give.")),
            Input("own_type", _("Kind"), "choice", typed.get("own_type", "string"), required=True, choices=_kinds()),
        ],
        outputs=[_output(place, typed, errors) for place in range(OUTPUTS)],
        crumbs=[*views.crumbs(key), Link(_("Tables"), f"/studio/{key}/tables")],
        tabs=tabs(key, "Tables"),
    )  # fmt: skip


def _groups(key: str, drawing: Drawing, typed: MultiDict[str, str], errors: Mapping[str, str]) -> Iterator[Ticks]:
    chosen = typed.getlist("input")
    for title, parts in ((_("It asks of the document"), _of_document(key)),
                         (_("It asks of earlier answers"), _answers(key, drawing))):  # fmt: skip
        ticks = [Tick(part.name, part.label, kinds()[part.type], part.name in chosen) for part in parts]
        yield Ticks(
            "input", title, ticks, error=errors.get("input", "") if parts and parts[0].name[:9] == "document." else ""
        )


def _output(place: int, typed: MultiDict[str, str], errors: Mapping[str, str]) -> list[Input]:
    name = f"output{place}"
    is_first, kind = place == 0, typed.get(f"{name}_type", "number")
    hint = _("For example: Percent. Later conditions ask for it by this name in small letters.") if is_first else ""
    return [
        Input(name, _("It answers") if is_first else _("and"), value=typed.get(name, ""), required=is_first,
              max_length=80, error=errors.get(name, ""), hint=hint),
        Input(f"{name}_type", _("Kind"), "choice", kind, required=True, choices=_kinds()),
    ]  # fmt: skip


def _kinds() -> tuple[Choice, ...]:
    return tuple(Choice(value, label) for value, label in kinds().items())
