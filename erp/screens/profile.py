"""One's own page: name, address, how one likes to read, password, and keys for programs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import flask
from flask import flash, redirect, render_template, request
from flask_appbuilder import BaseView, expose

from erp import api_keys, clock, context, i18n
from erp.access import Member, Scope, can
from erp.api_keys import ApiKey
from erp.data.base import repeated, session
from erp.documents.fields import Field, Kind
from erp.documents.types import declared
from erp.errors import Invalid
from erp.forms import bind
from erp.forms.inputs import Choice, Input, Tick, Ticks
from erp.i18n import _, format_date, format_datetime
from erp.people import absences, accounts
from erp.screens.absences import told
from erp.screens.documents import Answer
from erp.screens.guard import members_only
from erp.web import languages
from erp.web.joining import password_inputs
from erp.web.shapes import Link, State
from erp.web.shell import THEMES

URL = "/profile/"
READ, FULL, SOME = "read", "full", "some"
LIVES = (30, 90, 365)
"""Days a key may live."""


@dataclass(frozen=True)
class KeyRow:
    """A key in the list."""

    name: str
    hint: str
    scope: str
    until: str
    used: str
    state: State
    drop: Link | None = None


@dataclass(frozen=True)
class ProfileView:
    """millrace/profile.html; `token` is a key that was made just now and is shown this once."""

    me: Sequence[Input]
    address: Sequence[Input]
    username: str
    passwords: Sequence[Input]
    keys: Sequence[KeyRow]
    key: Sequence[Input]
    types: Ticks
    absences: Link
    away: str = ""
    token: str = ""


class Profile(BaseView):
    """`/profile/`: each panel is a form of its own."""

    route_base = "/profile"
    default_view = "index"

    @expose("/", methods=("GET", "POST"))
    @members_only
    def index(self) -> Answer:
        """How one is called and likes to read."""
        bound = bind(me_fields(), request.form.to_dict() if request.method == "POST" else None, _me())
        if bound.ok:
            told = {name: str(value or "") for name, value in bound.values.items()}
            accounts.describe(**told)
            flash(_("Your profile is saved."), "success")
            return redirect(URL)
        return _page({}, me=bound.inputs(), status=422 if bound.errors else 200)

    @expose("/address", methods=("POST",))
    @members_only
    def address(self) -> Answer:
        """Change one's address."""
        return _done(
            lambda: accounts.move(request.form.get("email", ""), request.form.get("mine", "")),
            _("Your address is changed."), {"password": "mine"},
        )  # fmt: skip

    @expose("/password", methods=("POST",))
    @members_only
    def password(self) -> Answer:
        """Change one's password."""
        form = request.form
        return _done(
            lambda: accounts.change_password(form.get("old", ""), form.get("password", ""), form.get("again", "")),
            _("Your password is changed. Everywhere else you are signed out."),
        )

    @expose("/key", methods=("POST",))
    @members_only
    def make_key(self) -> Answer:
        """Make a key; its text is on the page that answers, and nowhere else."""
        form, errors = request.form, dict[str, str]()
        name, days, kind = form.get("key_name", "").strip(), form.get("days", ""), form.get("scope", "")
        types = form.getlist("types")
        if not name:
            errors["key_name"] = _("Fill this in.")
        if days not in {str(each) for each in LIVES}:
            errors["days"] = _("Choose from the list.")
        if kind not in {READ, FULL, SOME}:
            errors["scope"] = _("Choose from the list.")
        if kind == SOME and not types:
            errors["types"] = _("Choose at least one.")
        if set(types) - set(declared()):
            errors["types"] = _("Choose from the list.")
        if errors:
            return _page(errors, status=422)
        scope = Scope(is_read_only=kind == READ, types=frozenset(types) if types else None)
        return _page({}, token=_issued(name, int(days), scope))

    @expose("/key/<int:key_id>/revoke", methods=("POST",))
    @members_only
    def revoke_key(self, key_id: int) -> Answer:
        """End a key of one's own."""
        _revoked(key_id)
        flash(_("The key opens nothing any more."), "success")
        return redirect(URL)


@repeated
def _issued(name: str, days: int, scope: Scope) -> str:
    return api_keys.issue(name, days=days, scope=scope)


@repeated
def _revoked(key_id: int) -> None:
    api_keys.revoke(key_id)


def me_fields() -> list[Field]:
    """How one is called and likes to read."""
    spoken = tuple((code, i18n.LANGUAGE_NAMES.get(code, code)) for code in languages.offered())
    themes = {"light": _("Light"), "dark": _("Dark"), "auto": _("As the device")}
    calendars = ((i18n.GREGORIAN, _("Gregorian")), (i18n.JALALI, _("Jalali")))
    return [
        Field("name", label=_("Name"), required=True),
        Field("phone", Kind.PHONE, _("Phone"), length=40),
        Field("language", Kind.CHOICE, _("Language"), required=True, choices=spoken),
        Field("calendar", Kind.CHOICE, _("Calendar"), choices=calendars, help=_("Else the usual one of the language.")),
        Field("theme", Kind.CHOICE, _("Theme"), choices=tuple((name, themes[name]) for name in THEMES)),
    ]


def _me() -> dict[str, str]:
    member = session().get_one(Member, context.current().member_id)
    return {name: getattr(member, name) for name in ("name", "phone", "language", "calendar", "theme")}


def _done(change: Callable[[], None], text: str, renamed: Mapping[str, str] | None = None) -> Answer:
    try:
        change()
    except Invalid as error:
        return _page({(renamed or {}).get(name, name): said for name, said in error.fields.items()}, status=422)
    flash(text, "success")
    return redirect(URL)


def _page(
    errors: Mapping[str, str], *, me: Sequence[Input] | None = None, token: str = "", status: int = 200
) -> Answer:
    account = accounts.own()
    view = ProfileView(
        me=me if me is not None else bind(me_fields(), None, _me()).inputs(),
        address=_address(account.email, errors),
        username=account.username,
        passwords=[_old("old", _("Present password"), errors), *password_inputs(errors)],
        keys=[_key_row(key) for key in api_keys.own()],
        key=_key_inputs(errors),
        types=_types(errors),
        absences=Link(_("Absence and stand-in"), f"/absences/{context.current().member_id}", "calendar"),
        away=next((told(each) for each in absences.of([context.current().member_id or 0])), ""),
        token=token,
    )
    answer = flask.make_response(render_template("millrace/profile.html", view=view), status)
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def _old(name: str, label: str, errors: Mapping[str, str]) -> Input:
    return Input(name, label, "password", required=True, error=errors.get(name, ""))


def _address(email: str, errors: Mapping[str, str]) -> list[Input]:
    typed = request.form.get("email", email)
    field = Input("email", _("E-mail"), "email", typed, required=True, error=errors.get("email", ""), max_length=200)
    return [field, _old("mine", _("Your password"), errors)]


def _key_inputs(errors: Mapping[str, str]) -> list[Input]:
    form = request.form
    lives = tuple(Choice(str(days), _("%(count)s days", count=days)) for days in LIVES)
    scopes = (
        Choice(READ, _("Only reads")),
        Choice(FULL, _("All that I may do")),
        Choice(SOME, _("What I may do on these kinds only")),
    )
    return [
        Input("key_name", _("What it is for"), value=form.get("key_name", ""), required=True,
              error=errors.get("key_name", ""), max_length=100),
        Input("days", _("It expires after"), "choice", form.get("days", "90"), choices=lives, required=True,
              error=errors.get("days", "")),
        Input("scope", _("It may"), "choice", form.get("scope", READ), choices=scopes, required=True,
              error=errors.get("scope", "")),
    ]  # fmt: skip


def _types(errors: Mapping[str, str]) -> Ticks:
    ticked = set(request.form.getlist("types"))
    ticks = [
        Tick(name, str(kind.plural), is_ticked=name in ticked)
        for name, kind in declared().items()
        if can("list", name) or can("show", name)
    ]
    return Ticks("types", _("Only on these kinds"), ticks, _("Tick none for all."), errors.get("types", ""))


def _key_row(key: ApiKey) -> KeyRow:
    scope = _("Only reads") if key.is_read_only else _("All that I may do")
    if key.types is not None:
        kinds = _(", ").join(str(declared()[name].plural) for name in key.types if name in declared())
        scope = _("%(scope)s, on %(kinds)s", scope=scope, kinds=kinds or _("nothing"))
    state, is_open = State("good", _("Open")), True
    if key.revoked_at is not None:
        state, is_open = State("done", _("Revoked")), False
    elif key.expires_at < clock.now():
        state, is_open = State("done", _("Expired")), False
    drop = Link(
        _("Revoke"), f"/profile/key/{key.id}/revoke", "x", post=True,
        confirm=_("Revoke %(name)s? Programs that use it are shut out at once.", name=key.name), danger=True,
    )  # fmt: skip
    used = format_datetime(key.last_used_at)
    until = format_date(i18n.local(key.expires_at).date())
    return KeyRow(key.name, key.hint, scope, until, used, state, drop if is_open else None)
