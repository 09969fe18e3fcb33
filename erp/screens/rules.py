"""Rules that narrow a role: in words, and the three steps in which one is made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask import flash, redirect, render_template, request
from werkzeug.wrappers import Response

from erp.access import OWNER, AccessRule, can
from erp.context import Grant
from erp.documents import narrowing
from erp.documents.conditions import Filter, operators_of
from erp.documents.fields import Field, Kind
from erp.documents.types import DocumentType, declared, document_type
from erp.errors import Invalid, NotFound
from erp.forms.inputs import Choice, Input
from erp.i18n import _
from erp.people import roles
from erp.people.roles import RIGHT
from erp.screens.filters import FILLED, Spoken, operator_words
from erp.web.shapes import Link
from erp.web.states import states_of

Answer = str | Response | tuple[str, int]


@dataclass(frozen=True)
class RuleRow:
    """A rule in words."""

    text: str
    drop: Link | None = None


@dataclass(frozen=True)
class RuleView:
    """millrace/rule.html: which type, then which field, then what is asked of it."""

    title: str
    crumbs: Sequence[Link]
    note: str = ""
    links: Sequence[Link] = ()
    action: str = ""
    fields: Sequence[Input] = ()


def rule_url(key: str) -> str:
    """Where a role is narrowed; nothing for the owner's, so that nobody is locked out."""
    return f"/roles/{key}/rule" if can("edit", RIGHT) and key != OWNER else ""


def rows_of(key: str) -> list[RuleRow]:
    """The rules of a role in words."""
    may = can("edit", RIGHT)
    return [
        RuleRow(
            rule_words(rule),
            Link(_("Drop"), f"/roles/rule/{rule.id}/drop", "x", post=True) if may else None,
        )
        for rule in roles.rules_of(key)
    ]  # fmt: skip


def rule_words(rule: AccessRule) -> str:
    """`Edits customers only where: made by themselves`."""
    kind = declared().get(rule.document_type)
    what = str(kind.plural) if kind is not None else rule.document_type
    where = _(", ").join(condition_words(rule.document_type, Filter(*map(str, each))) for each in rule.conditions)
    if rule.verb == narrowing.EDIT:
        return _("Edits %(what)s only where: %(condition)s", what=what, condition=where)
    return _("Sees %(what)s only where: %(condition)s", what=what, condition=where)


def condition_words(type_name: str, entry: Filter) -> str:
    """A condition as people read it."""
    if entry.field == narrowing.CREATOR:
        return _("made by themselves")
    if entry.field == narrowing.BRANCH:
        return _("of the branch they work at")
    try:
        field = document_type(type_name).field(entry.field)
    except NotFound:
        return _("a field that is no longer there, so nothing")
    text = Spoken(states_of(type_name)).text(field, entry)
    return _("%(field)s: %(value)s", field=str(field.label), value=text)


def page(grant: Grant) -> Answer:
    """One page for its three steps; each is an address, so that it works without scripts."""
    type_name, name = request.values.get("type", ""), request.values.get("field", "")
    url = f"/roles/{grant.role}/rule"
    crumbs = [Link(_("Roles"), "/roles/"), Link(grant.title, f"/roles/{grant.role}")]
    title = _("Narrow what %(role)s gives", role=grant.title)
    if type_name not in declared():
        kinds = sorted({kind for _verb, kind in grant.pairs if kind in declared()})
        links = [Link(str(declared()[kind].plural), f"{url}?type={kind}", declared()[kind].cls.icon) for kind in kinds]
        note = _("On which kind of rows?") if links else _("This role gives no right on any kind of rows.")
        return render_template("millrace/rule.html", view=RuleView(title, crumbs, note, links))
    kind = document_type(type_name)
    if not name:
        links = [Link(label, f"{url}?type={type_name}&field={field}") for field, label in _fields(kind)]
        note = _("By what are the rows told apart?")
        return render_template("millrace/rule.html", view=RuleView(title, crumbs, note, links))
    return _condition_page(grant, kind, name, RuleView(title, crumbs, action=url))


def _fields(kind: DocumentType) -> list[tuple[str, str]]:
    own = [(narrowing.CREATOR, _("Who made it"))]
    if kind.is_document:
        own.append((narrowing.BRANCH, _("Its branch")))
    return own + [(entry.name, str(entry.label)) for entry in kind.all_fields if operators_of(entry)]


def _condition_page(grant: Grant, kind: DocumentType, name: str, view: RuleView) -> Answer:
    """What is asked of the field; a post makes the rule."""
    entry = next((each for each in kind.all_fields if each.name == name), None)
    errors: dict[str, str] = {}
    sent = {key: request.form.get(key, "").strip() for key in ("verb", "operator", "value")}
    if request.method == "POST":
        operator, value = (sent["operator"], sent["value"]) if sent["operator"] != FILLED else ("empty", "no")
        try:
            roles.add_rule(grant.role, kind.name, sent["verb"], Filter(name, operator, value))
        except Invalid as error:
            errors = error.fields
        else:
            flash(_("The rule holds from everybody's next click on."), "success")
            return redirect(f"/roles/{grant.role}")
    verbs = (Choice(narrowing.EDIT, _("Edits only these")), Choice(narrowing.SHOW, _("Sees only these")))
    fields = [
        Input("type", "", "hidden", kind.name),
        Input("field", "", "hidden", name),
        Input("verb", _("The role"), "choice", sent["verb"] or narrowing.EDIT, choices=verbs, required=True,
              error=errors.get("verb", "")),
    ]  # fmt: skip
    if entry is not None and name not in (narrowing.CREATOR, narrowing.BRANCH):
        ways = tuple(Choice(key, text) for key, text in operator_words(entry).items())
        fields.append(Input("operator", str(entry.label), "choice", sent["operator"] or ways[0].value, choices=ways,
                            required=True, error=errors.get("operator", "")))  # fmt: skip
        fields.append(_value(entry, kind, sent["value"], errors.get("value", "")))
    found = render_template("millrace/rule.html", view=RuleView(
        view.title, view.crumbs, _note(kind, name), action=view.action, fields=fields,
    ))  # fmt: skip
    return (found, 422) if errors else found


def _note(kind: DocumentType, name: str) -> str:
    return condition_words(kind.name, Filter(name, "eq", narrowing.ME)) if name.startswith("@") else ""


def _value(entry: Field, kind: DocumentType, value: str, error: str) -> Input:
    """The box of the value; several are parted by commas."""
    choices: tuple[Choice, ...] = ()
    if entry.name == "state":
        choices = tuple(Choice(key, state.label) for key, state in states_of(kind.name).items())
    elif entry.kind is Kind.CHOICE:
        choices = tuple(Choice(key, str(label)) for key, label in entry.choices)
    elif entry.kind is Kind.BOOLEAN:
        choices = (Choice("yes", _("Yes")), Choice("no", _("No")))
    if choices:
        return Input("value", _("Value"), "choice", value, choices=choices, error=error)
    hint = _("Several are parted by commas.") if "in" in operators_of(entry) else ""
    return Input("value", _("Value"), value=value, error=error, hint=hint, max_length=200)
