"""The last page of the first steps: whom the founder works with; it may be left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask import flash, redirect, render_template, request
from flask_appbuilder import BaseView, expose

from erp.access import MANAGER, require
from erp.data.organisation import company
from erp.errors import Invalid
from erp.forms.inputs import Choice, Input
from erp.i18n import _, ngettext
from erp.people import giving, invitations
from erp.people.colleagues import RIGHT
from erp.people.invitations import Wish
from erp.screens.documents import Answer
from erp.screens.guard import members_only
from erp.web import begin
from erp.web.addresses import local_path

PLACES = 5
"""Colleagues one page asks for; more are invited later."""
NAMES = ("name", "email", "roles")


@dataclass(frozen=True)
class ColleaguesView:
    """millrace/colleagues.html."""

    steps: Sequence[str]
    step: int
    rows: Sequence[Sequence[Input]]
    next: str


class FirstColleagues(BaseView):
    """`/people/first`."""

    route_base = "/people/first"
    default_view = "index"

    @expose("", methods=("GET", "POST"))
    @members_only
    def index(self) -> Answer:
        """Invite a few colleagues at once, or go on without."""
        require("add", RIGHT)
        following = local_path(request.values.get("next"))
        errors: Mapping[str, str] = {}
        if request.method == "POST":
            filled = [place for place in range(PLACES) if _typed("name", place) or _typed("email", place)]
            try:
                made = invitations.invite_all([_wish(place) for place in filled])
            except Invalid as error:
                errors = _at_their_rows(error.fields, filled)
            else:
                if made:
                    told = ngettext("A colleague is invited by mail.", "%(num)s are invited by mail.", len(made))
                    flash(told, "success")
                return redirect(following)
        names = begin.steps()
        view = ColleaguesView(names, len(names), [_row(place, errors) for place in range(PLACES)], following)
        page = render_template("millrace/colleagues.html", view=view)
        return (page, 422) if errors else page


def _typed(name: str, place: int) -> str:
    return request.form.get(f"{name}-{place}", "").strip()


def _wish(place: int) -> Wish:
    role = _typed("roles", place)
    return Wish(_typed("name", place), _typed("email", place), (role,) if role else (), company().language)


def _at_their_rows(errors: Mapping[str, str], filled: Sequence[int]) -> dict[str, str]:
    """Errors by the row somebody typed into; empty rows between are skipped when inviting."""
    parts = ((key.rpartition("-"), text) for key, text in errors.items())
    return {f"{name}-{filled[int(place)]}": text for (name, _dash, place), text in parts}


def _row(place: int, errors: Mapping[str, str]) -> list[Input]:
    roles = [Choice(key, grant.title) for key, grant in giving.every().items() if giving.may_give(grant)]
    wanted = _typed("roles", place) or MANAGER
    name, email, role = (f"{each}-{place}" for each in NAMES)
    return [
        Input(name, _("Name"), value=_typed("name", place), error=errors.get(name, ""), max_length=200),
        Input(email, _("E-mail"), "email", _typed("email", place), error=errors.get(email, ""), max_length=200),
        Input(role, _("Role"), "choice", wanted, choices=roles, required=True, error=errors.get(role, "")),
    ]
