"""Roles: what the shipped ones may do in words, and those the company makes by ticking rights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask import flash, redirect, render_template, request
from flask_appbuilder import BaseView, expose
from werkzeug.wrappers import Response

from erp.access import OWN, VERBS, can, require, role_name
from erp.context import Grant
from erp.documents.fields import Field
from erp.documents.types import declared
from erp.errors import Conflict, Invalid
from erp.forms import bind
from erp.forms.inputs import Input, Tick, Ticks
from erp.i18n import _, format_number, ngettext
from erp.people import giving, roles
from erp.people.roles import RIGHT
from erp.screens import rules
from erp.screens.guard import members_only
from erp.web.shapes import Link

Answer = str | Response | tuple[str, int]
LIST = "/roles/"


@dataclass(frozen=True)
class RoleRow:
    """A role in the list."""

    title: str
    url: str
    sub: str
    players: str = ""


@dataclass(frozen=True)
class RolesView:
    """millrace/roles.html."""

    shipped: Sequence[RoleRow]
    own: Sequence[RoleRow]
    new_url: str = ""


@dataclass(frozen=True)
class RightRow:
    """A type with a box for each verb; `ticks` stand under `RoleView.verbs`, None where a verb means nothing."""

    label: str
    ticks: Sequence[Tick | None]
    is_page: bool = False


@dataclass(frozen=True)
class RoleView:
    """millrace/role.html; a shipped role has words, one of the company's own has boxes."""

    title: str
    words: Sequence[tuple[str, str]] = ()
    action: str = ""
    fields: Sequence[Input] = ()
    verbs: Sequence[str] = ()
    rows: Sequence[RightRow] = ()
    lanes: Ticks | None = None
    errors: Sequence[str] = ()
    rules: Sequence[rules.RuleRow] = ()
    rule_url: str = ""
    links: Sequence[Link] = ()
    crumbs: Sequence[Link] = (Link("", LIST),)


def verb_words() -> Mapping[str, str]:
    """What the verbs are called."""
    common = {
        "list": _("List"), "show": _("Open"), "add": _("Make"), "edit": _("Edit"), "export": _("Export"),
        "import": _("Import"), "skip": _("Skip steps"), "correct": _("Correct calls"),
        "suspend": _("Suspend"), "stop": _("Stop"), "move": _("Move"), "share": _("Share"), "publish": _("Publish"),
        "send": _("Send"), "migrate": _("Move running documents"),
    }  # fmt: skip
    own = {verb: str(label) for kind in declared().values() for verb, label in kind.cls.verbs.items()}
    return {**own, **common}


class RolePages(BaseView):
    """`/roles/`."""

    route_base = "/roles"
    default_view = "list"

    @expose("/")
    @members_only
    def list(self) -> Answer:
        """The shipped roles and the company's own."""
        require("list", RIGHT)
        known, played = giving.every(), roles.players()
        shipped = [
            RoleRow(g.title, f"/roles/{key}", _summary(g)) for key, g in known.items() if not key.startswith(OWN)
        ]
        own = [
            RoleRow(g.title, f"/roles/{key}", _summary(g), format_number(played.get(int(key.removeprefix(OWN)), 0)))
            for key, g in known.items()
            if key.startswith(OWN)
        ]
        view = RolesView(shipped, own, "/roles/new" if can("edit", RIGHT) else "")
        return render_template("millrace/roles.html", view=view)

    @expose("/new", methods=("GET", "POST"))
    @members_only
    def new(self) -> Answer:
        """A role of the company's own."""
        require("edit", RIGHT)
        return _own_page(None, None)

    @expose("/<key>", methods=("GET", "POST"))
    @members_only
    def role(self, key: str) -> Answer:
        """What a role may do; one of the company's own is changed by a post."""
        grant = roles.grant_of(key)
        if key.startswith(OWN) and can("edit", RIGHT):
            return _own_page(key, grant)
        if request.method == "POST":
            require("edit", RIGHT)
            raise Conflict(_("Roles that come with Millrace stay as they are. Make one of your own."))
        return render_template("millrace/role.html", view=RoleView(
            grant.title, words=_words(grant), rules=rules.rows_of(key), rule_url=rules.rule_url(key), crumbs=_crumbs(),
        ))  # fmt: skip

    @expose("/<key>/drop", methods=("POST",))
    @members_only
    def drop(self, key: str) -> Answer:
        """Drop a role of the company's own."""
        grant = roles.grant_of(key)
        if not key.startswith(OWN):
            raise Conflict(_("Roles that come with Millrace stay as they are. Make one of your own."))
        try:
            roles.drop(int(key.removeprefix(OWN)))
        except Conflict as error:
            flash(error.message, "danger")
            return redirect(f"/roles/{key}")
        flash(_("The role %(name)s is dropped.", name=grant.title), "success")
        return redirect(LIST)

    @expose("/<key>/rule", methods=("GET", "POST"))
    @members_only
    def rule(self, key: str) -> Answer:
        """Narrow a role: first the type, then the field, then what is asked of it."""
        require("edit", RIGHT)
        return rules.page(roles.grant_of(key))

    @expose("/rule/<int:rule_id>/drop", methods=("POST",))
    @members_only
    def drop_rule(self, rule_id: int) -> Answer:
        """Drop a rule."""
        rule = roles.drop_rule(rule_id)
        flash(_("The rule is dropped."), "success")
        return redirect(f"/roles/{rule.role}")


# -- a role ----------------------------------------------------------------------------------------------


def _crumbs() -> list[Link]:
    return [Link(_("Roles"), LIST)]


def _summary(grant: Grant) -> str:
    """`Rights on 12 kinds, plays Counter`."""
    kinds = {kind for _verb, kind in grant.pairs}
    counted = ngettext("Rights on one kind", "Rights on %(num)s kinds", len(kinds))
    parts = [counted if kinds else _("No rights of its own")]
    played = [role_name(lane) for lane in sorted(grant.lanes) if lane != grant.role]
    return _(", ").join([*parts, *([_("plays %(lanes)s", lanes=_(", ").join(played))] if played else [])])


def _words(grant: Grant) -> list[tuple[str, str]]:
    """{type: its verbs in words} of what a role gives."""
    called, verbs = roles.offered(), verb_words()
    found: dict[str, list[str]] = {}
    for verb, kind in grant.pairs:
        found.setdefault(kind, []).append(verb)
    rows = [
        (called[kind][0], _(", ").join(verbs[verb] for verb in verbs if verb in given))
        for kind, given in found.items()
        if kind in called
    ]
    return sorted(rows)


def _own_page(key: str | None, grant: Grant | None) -> Answer:
    """The form of a role of the company's own."""
    row = None if key is None else roles.found(int(key.removeprefix(OWN)))
    given = frozenset() if grant is None else grant.pairs
    kept: Sequence[str] = () if row is None else row.lanes
    fields = [
        Field("name", label=_("Name"), required=True, length=80),
        Field("note", label=_("What it is for"), length=400),
    ]
    values = {} if row is None else {"name": row.name, "note": row.note}
    bound = bind(fields, request.form.to_dict() if request.method == "POST" else None, values)
    errors: dict[str, str] = {}
    if bound.raw is not None:
        given = frozenset(_pair(text) for text in request.form.getlist("rights")) | (given - _tickable(given))
        kept = request.form.getlist("lanes")
        try:
            bound.checked()
            role_id = None if row is None else row.id
            made = roles.save(role_id, bound.values["name"], bound.values["note"] or "", given, kept)
        except Invalid as error:
            errors = dict(error.fields)
            bound = bound.refused(errors)
        else:
            flash(_("The role %(name)s is saved.", name=made.name), "success")
            return redirect(LIST)
    view = RoleView(
        _("New role") if row is None else row.name,
        action="/roles/new" if key is None else f"/roles/{key}",
        fields=bound.inputs(),
        verbs=_columns(),
        rows=_rows(given),
        lanes=_lanes(kept),
        errors=[text for name, text in errors.items() if name == "rights"],
        rules=() if key is None else rules.rows_of(key),
        rule_url="" if key is None else rules.rule_url(key),
        links=() if key is None else [_drop_link(key)],
        crumbs=_crumbs(),
    )
    page = render_template("millrace/role.html", view=view)
    return (page, 422) if errors else page


def _drop_link(key: str) -> Link:
    return Link(_("Drop"), f"/roles/{key}/drop", "trash", post=True, confirm=_("Drop this role?"), danger=True)


def _pair(text: str) -> tuple[str, str]:
    verb, _space, kind = text.partition(" ")
    return verb, kind


def _tickable(given: frozenset[tuple[str, str]]) -> frozenset[tuple[str, str]]:
    """Rights the page has boxes for, of those a role has."""
    return frozenset(pair for pair in given if pair[1] in roles.offered() and can(*pair))


def _verbs() -> list[str]:
    """What stands over the boxes: what may be done to every type, then what only some know."""
    own = {verb: None for _label, verbs in roles.offered().values() for verb in verbs if verb not in VERBS}
    return [*VERBS, *own]


def _columns() -> list[str]:
    return [verb_words()[verb] for verb in _verbs()]


def _rows(given: frozenset[tuple[str, str]]) -> list[RightRow]:
    """A row for each type and page; what the actor may not do themselves is fixed."""
    found = []
    for kind, (label, verbs) in roles.offered().items():
        ticks: list[Tick | None] = []
        for verb in _verbs():
            title = f"{label}: {verb_words()[verb]}"
            is_ticked = (verb, kind) in given
            ticks.append(
                Tick(f"{verb} {kind}", title, is_ticked=is_ticked, is_fixed=not can(verb, kind))
                if verb in verbs
                else None
            )
        found.append(RightRow(label, ticks, kind in roles.SUBJECTS))
    return found


def _lanes(kept: Sequence[str]) -> Ticks:
    ticks = [Tick(lane, role_name(lane), is_ticked=lane in kept) for lane in roles.lanes()]
    return Ticks("lanes", _("Plays the lanes of"), ticks, _("Whoever plays a lane gets its tasks."))
