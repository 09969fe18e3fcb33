"""The company's own pages: its facts and logo, its branches with their hours, its holidays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from flask import flash, redirect, render_template, request
from flask_appbuilder import BaseView, expose
from werkzeug.wrappers import Response

from erp import context, countries, i18n, organising
from erp.access import Member, can, require
from erp.data import files
from erp.data.base import session
from erp.data.organisation import DAYS, Branch, Company, company
from erp.documents.fields import Field, Kind
from erp.errors import Invalid, NotFound
from erp.forms import Bound, Input, bind
from erp.i18n import _
from erp.organising import SUBJECT
from erp.screens.guard import members_only
from erp.web import languages
from erp.web.begin import DAY_NAMES
from erp.web.files import sent
from erp.web.shapes import Figure, Link

FACTS = ("name", "currency", "country", "language", "tax_rate", "tax_number", "address", "phone", "email")


@dataclass(frozen=True)
class DayRow:
    """One day of the week: when it opens and closes, as typed."""

    day: str
    label: str
    opens: str
    closes: str
    error: str = ""


@dataclass(frozen=True)
class BranchRow:
    """A branch in the list."""

    name: str
    url: str
    sub: str
    manager: str
    hours: Sequence[str]


@dataclass(frozen=True)
class CompanyView:
    """millrace/company.html."""

    title: str
    action: str
    fields: Sequence[Input] = ()
    logo_url: str = ""
    branches: Sequence[BranchRow] = ()
    holidays: Sequence[tuple[str, str]] = ()
    days: Sequence[DayRow] = ()
    crumbs: Sequence[Link] = ()
    errors: Sequence[str] = ()
    edits: bool = False
    back_url: str = ""
    figures: Sequence[Figure] = ()
    """Of a branch, to whoever reaches it."""


def company_fields(language: str) -> list[Field]:
    """The facts of a company and its logo."""
    return [
        Field("name", label=_("Name of the company"), required=True),
        Field("country", Kind.CHOICE, _("Country"), required=True, choices=tuple(countries.names(language).items())),
        Field("currency", label=_("Currency"), required=True, length=3, help=_("Of new documents.")),
        Field(
            "language", Kind.CHOICE, _("Language of your papers"), required=True,
            choices=tuple((code, i18n.LANGUAGE_NAMES.get(code, code)) for code in languages.offered()),
        ),
        Field(
            "tax_rate", Kind.DECIMAL, _("Usual tax on sales"), required=True, unit="%", places=4, minimum=Decimal(0),
            maximum=Decimal(100),
        ),
        Field("tax_number", label=_("Tax number"), length=40),
        Field("address", label=_("Address"), length=400, help=_("As it stands on quotes and receipts.")),
        Field("phone", Kind.PHONE, _("Phone"), length=40),
        Field("email", Kind.EMAIL, _("E-mail")),
        Field("logo", Kind.FILES, _("Logo"), accept="image/png,image/jpeg", help=_("PNG or JPEG, printed on papers.")),
    ]  # fmt: skip


def branch_fields() -> list[Field]:
    """The facts of a branch besides its hours."""
    may_manage = organising.may_manage()
    return [
        Field("name", label=_("Name of the branch"), required=True),
        Field("timezone", label=_("Time zone"), required=True, length=60),
        Field("address", label=_("Address"), length=400),
        Field("manager", Kind.CHOICE, _("Manager"), choices=tuple((str(each.id), each.name) for each in may_manage)),
        Field("day_starts_at", label=_("The business day begins at"), required=True, length=5,
              help=_("A sale before this time is booked on the day before.")),
    ]  # fmt: skip


class CompanyPages(BaseView):
    """`/company/`."""

    route_base = "/company"
    default_view = "index"

    @expose("/", methods=("GET", "POST"))
    @members_only
    def index(self) -> str | Response | tuple[str, int]:
        """The company, its branches and holidays."""
        require("list", SUBJECT)
        own = company()
        bound = bind(company_fields(context.current().language), _typed(), {name: getattr(own, name) for name in FACTS})
        if bound.ok:
            try:
                _save(bound)
            except Invalid as error:
                bound = bound.refused(error.fields)
            else:
                flash(_("The company was saved."), "success")
                return redirect("/company/")
        return _answer(_company_view(own, bound), bound)

    @expose("/logo")
    @members_only
    def logo(self) -> Response:
        """The present logo."""
        kept = organising.logo_of(company().id)
        if kept is None:
            raise NotFound
        return sent(files.read(kept.tenant_id, kept.sha256), kept.name, kept.media_type)

    @expose("/branch/new", methods=("GET", "POST"))
    @members_only
    def add_branch(self) -> str | Response | tuple[str, int]:
        """Open a branch."""
        require("edit", SUBJECT)
        return self._branch(None)

    @expose("/branch/<int:branch_id>", methods=("GET", "POST"))
    @members_only
    def branch(self, branch_id: int) -> str | Response | tuple[str, int]:
        """A branch with its hours and its own holidays."""
        require("list", SUBJECT)
        found = session().get(Branch, branch_id)
        if found is None:
            raise NotFound
        return self._branch(found)

    def _branch(self, found: Branch | None) -> str | Response | tuple[str, int]:
        bound = bind(branch_fields(), _typed(), _branch_values(found))
        typed, errors = _typed_hours(found), dict[str, str]()
        if bound.raw is not None:
            try:
                _save_branch(found, bound, typed)
            except Invalid as error:
                errors = error.fields
                bound = bound.refused(error.fields)
            else:
                flash(_("The branch was saved."), "success")
                return redirect("/company/")
        days = [DayRow(day, str(DAY_NAMES[day]), *typed[day], error=errors.get(day, "")) for day in DAYS]
        view = CompanyView(
            title=found.name if found is not None else _("New branch"),
            action=request.path,
            fields=bound.inputs(),
            days=days,
            crumbs=[Link(_("Company"), "/company/")],
            edits=can("edit", SUBJECT),
            back_url="/company/",
            figures=[] if found is None else _figures(found),
        )
        return _answer(view, bound)

    @expose("/holidays", methods=("GET", "POST"))
    @members_only
    def holidays(self) -> str | Response | tuple[str, int]:
        """The days all branches are closed, one a line; suggested from the country while there are none."""
        require("list", SUBJECT)
        kept = "\n".join(f"{i18n.input_date(row.on)} {row.name}" for row in organising.holidays())
        text = request.form.get("holidays", kept)
        field = Field("holidays", Kind.LONG_TEXT, _("Holidays"), help=_("One a line: a day and its name."))
        bound = bind([field], _typed(), {"holidays": text})
        if bound.raw is not None:
            try:
                organising.set_holidays(organising.holidays_in(text))
            except ValueError as error:
                bound = bound.refused({"holidays": str(error)})
            else:
                flash(_("The holidays were saved."), "success")
                return redirect("/company/")
        view = CompanyView(
            title=_("Holidays"),
            action=request.path,
            fields=bound.inputs(),
            crumbs=[Link(_("Company"), "/company/")],
            edits=can("edit", SUBJECT),
            back_url="/company/",
        )
        return _answer(view, bound)


def _typed() -> Mapping[str, Any] | None:
    if request.method != "POST":
        return None
    return {**request.form.to_dict(), **{name: request.files.getlist(name) for name in request.files}}


def _answer(view: CompanyView, bound: Bound) -> str | tuple[str, int]:
    page = render_template("millrace/company.html", view=view)
    return (page, 422) if bound.errors else page


def _save(bound: Bound) -> None:
    values = dict(bound.checked())
    added = values.pop("logo").added
    organising.edit_company(values, (added[0].filename, added[0].read()) if added else None)


def _company_view(own: Company, bound: Bound) -> CompanyView:
    return CompanyView(
        title=_("Company"),
        action="/company/",
        fields=bound.inputs(),
        logo_url="/company/logo" if organising.logo_of(own.id) is not None else "",
        branches=_branch_rows(),
        holidays=[(i18n.format_date(row.on), row.name) for row in organising.holidays()],
        errors=bound.other_errors,
        edits=can("edit", SUBJECT),
    )


def _branch_rows() -> list[BranchRow]:
    managers = organising.managers()
    return [_branch_row(place, managers.get(place.id)) for place in organising.branches()]


def _branch_row(place: Branch, manager: Member | None) -> BranchRow:
    hours = [f"{DAY_NAMES[day]} {i18n.digits('–'.join(place.hours[day]))}" for day in DAYS if day in place.hours]
    return BranchRow(place.name, f"/company/branch/{place.id}", place.timezone, manager.name if manager else "", hours)


def _figures(place: Branch) -> list[Figure]:
    reached = context.current().branches
    if reached is not None and place.id not in reached:
        return []
    answers = organising.branch_figures(place.id)
    return [Figure(each.label, each.text, each.sub, url=each.url) for found in answers for each in found]


def _branch_values(found: Branch | None) -> dict[str, Any]:
    if found is None:
        return {"timezone": context.current().timezone, "day_starts_at": "00:00"}
    values = {name: getattr(found, name) for name in ("name", "timezone", "address")}
    manager = organising.managers().get(found.id)
    return {
        **values, "day_starts_at": f"{found.day_starts_at:%H:%M}", "manager": str(manager.id) if manager else None
    }  # fmt: skip


def _typed_hours(found: Branch | None) -> dict[str, tuple[str, str]]:
    if request.method == "POST":
        return {day: (request.form.get(f"{day}_opens", ""), request.form.get(f"{day}_closes", "")) for day in DAYS}
    kept = found.hours if found is not None else {}
    return {day: (kept[day][0], kept[day][1]) if day in kept else ("", "") for day in DAYS}


def _save_branch(found: Branch | None, bound: Bound, typed: Mapping[str, tuple[str, str]]) -> None:
    """Save it; raises Invalid with everything that is wrong at once."""
    errors = dict(bound.errors)
    values: dict[str, Any] = dict(bound.values)
    try:
        values["hours"] = organising.hours_of(typed)
    except Invalid as error:
        errors |= error.fields
    try:
        values["day_starts_at"] = organising.clock_time(str(values.get("day_starts_at") or ""))
    except ValueError as error:
        errors.setdefault("day_starts_at", str(error))
    if errors:
        raise Invalid(fields=errors)
    if found is None:
        organising.add_branch(values)
    else:
        organising.edit_branch(found.id, values)
