"""The first pages of an empty installation: three short questions and answers, then the first document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import flask
from flask import redirect, request
from flask_appbuilder import BaseView, expose

from erp import access, context, countries, founding, i18n, organising
from erp.config import Settings
from erp.data.organisation import DAYS
from erp.documents.fields import Field, Kind
from erp.documents.types import declared
from erp.errors import ErpError, Invalid
from erp.forms import Bound, bind
from erp.forms.inputs import Choice, Input
from erp.founding import Charter
from erp.i18n import N_, _, _l
from erp.passwords import SHORTEST
from erp.web import languages
from erp.web.guard import public
from erp.web.limits import GUESS, limits, network
from erp.web.signing import remember

STEPS = (N_("Where"), N_("Company"), N_("You"), N_("Colleagues"))
KEPT = "founding"
"""Where the session cookie keeps what the earlier steps were told; never a password."""
DAY_NAMES = {
    "mon": _l("Monday"), "tue": _l("Tuesday"), "wed": _l("Wednesday"), "thu": _l("Thursday"), "fri": _l("Friday"),
    "sat": _l("Saturday"), "sun": _l("Sunday"),
}  # fmt: skip


@dataclass(frozen=True)
class BeginView:
    """millrace/begin.html."""

    step: int
    steps: Sequence[str]
    action: str
    fields: Sequence[Input] = ()
    second: Sequence[Input] = ()
    """Fields of the second panel."""
    second_label: str = ""
    passwords: Sequence[Input] = ()
    days: Sequence[Choice] = ()
    errors: Sequence[str] = ()
    back_url: str = ""
    button: str = ""


def where_fields() -> list[Field]:
    """The first questions; everything else is suggested from their answers."""
    named = tuple(countries.names(context.current().language).items())
    spoken = tuple((code, i18n.LANGUAGE_NAMES.get(code, code)) for code in languages.offered())
    trades = tuple((name, _(label)) for name, (label, _documents) in founding.TRADES.items())
    return [
        Field("trade", Kind.CHOICE, _("What you do"), required=True, choices=trades),
        Field("country", Kind.CHOICE, _("Country"), required=True, choices=named),
        Field("language", Kind.CHOICE, _("Language of your papers"), required=True, choices=spoken),
    ]


def company_fields() -> list[Field]:
    """What the company is."""
    return [
        Field("name", label=_("Name of the company"), required=True),
        Field("currency", label=_("Currency"), required=True, length=3, help=_("Three letters, as in KES.")),
        Field(
            "tax_rate", Kind.DECIMAL, _("Usual tax on sales"), unit="%", places=4, minimum=Decimal(0),
            maximum=Decimal(100), help=_("0 when you charge none. Your accountant knows."),
        ),
        Field("tax_number", label=_("Tax number"), length=40),
        Field("address", label=_("Address"), length=400, help=_("As it stands on quotes and receipts.")),
        Field("phone", Kind.PHONE, _("Phone"), length=40),
    ]  # fmt: skip


def branch_fields() -> list[Field]:
    """Where and when it works."""
    return [
        Field("branch", label=_("Name of the branch"), required=True),
        Field("timezone", label=_("Time zone"), required=True, length=60),
        Field("opens", label=_("Opens at"), length=5),
        Field("closes", label=_("Closes at"), length=5),
        Field("with_holidays", Kind.BOOLEAN, _("Closed on public holidays")),
    ]


def founder_fields() -> list[Field]:
    """Who asks."""
    return [
        Field("your_name", label=_("Your name"), required=True),
        Field("your_email", Kind.EMAIL, _("Your e-mail address"), required=True),
        Field("username", label=_("User name"), required=True, length=60, help=_("You sign in with it.")),
        Field(
            "logo",
            Kind.FILES,
            _("Picture"),
            accept="image/png,image/jpeg",
            help=_("PNG or JPEG, printed on papers."),
        ),
    ]


class Begin(BaseView):
    """`/begin/<token>`: only who holds the link of an empty installation comes in."""

    route_base = "/begin"
    default_view = "where"

    @expose("/<token>", methods=["GET", "POST"])
    @public
    def where(self, token: str) -> Any:
        """Trade, country and language."""
        self._come_in(token)
        bound = bind(where_fields(), _typed(), {"language": context.current().language, **_kept("where")})
        if bound.ok:
            _keep("where", {name: str(value) for name, value in bound.values.items()})
            return redirect(f"/begin/{token}/company")
        return self._page(BeginView(1, steps(), request.path, bound.inputs(), button=_("Go on")), bound)

    @expose("/<token>/company", methods=["GET", "POST"])
    @public
    def company(self, token: str) -> Any:
        """The company and its first branch, filled in from the country."""
        self._come_in(token)
        if not _kept("where"):
            return redirect(f"/begin/{token}")
        known = _kept("company") or _suggested(_kept("where")["country"])
        bound = bind([*company_fields(), *branch_fields()], _typed(), _values(known))
        days = request.form.getlist("days") if request.method == "POST" else known["days"].split()
        if bound.ok:
            try:
                _checked(bound, days)
            except Invalid as error:
                bound = bound.refused(error.fields)
        if bound.ok:
            told = {name: "" if value is None else str(value) for name, value in bound.values.items()}
            _keep("company", {**told, "days": " ".join(days)})
            return redirect(f"/begin/{token}/you")
        inputs, count = bound.inputs(), len(company_fields())
        return self._page(
            BeginView(
                2, steps(), request.path, inputs[:count], inputs[count:], _("The first branch"),
                days=[Choice(day, str(DAY_NAMES[day]), current=day in days) for day in DAYS],
                back_url=f"/begin/{token}", button=_("Go on"),
            ),
            bound,
        )  # fmt: skip

    @expose("/<token>/you", methods=["GET", "POST"])
    @public
    def you(self, token: str) -> Any:
        """Who founds it; then it is made, and the first document is open."""
        settings = self._come_in(token)
        if not _kept("company"):
            return redirect(f"/begin/{token}/company")
        bound = bind(founder_fields(), _typed())
        if bound.raw is not None:
            try:
                return redirect(_found(settings, bound))
            except Invalid as error:
                bound = bound.refused({**error.fields, **({} if error.fields else {"": error.message})})
        inputs, errors = bound.inputs(), bound.errors
        hint = "" if "password" in errors else _("At least %(count)s characters.", count=SHORTEST)
        passwords = [
            Input("password", _("Password"), required=True, error=errors.get("password", ""), hint=hint),
            Input("again", _("The same again"), required=True, error=errors.get("again", "")),
        ]
        view = BeginView(
            3, steps(), request.path, inputs[:-1], inputs[-1:], _("Logo"), passwords=passwords,
            back_url=f"/begin/{token}/company", button=_("Make the company"),
        )  # fmt: skip
        return self._page(view, bound)

    def _come_in(self, token: str) -> Settings:
        limits.take(GUESS, "begin", network())
        settings: Settings = flask.current_app.config["MILLRACE"]
        founding.require_link(settings, token)
        return settings

    def _page(self, view: BeginView, bound: Bound) -> Any:
        beside = {bound.errors.get(field.name) for field in view.passwords}
        view = replace(view, errors=[text for text in bound.other_errors if text not in beside])
        answer = flask.make_response(
            self.render_template("millrace/begin.html", view=view), 422 if bound.errors else 200
        )
        answer.headers["Cache-Control"] = "no-store"
        return answer


def _typed() -> Mapping[str, Any] | None:
    if request.method != "POST":
        return None
    return {**request.form.to_dict(), **{name: request.files.getlist(name) for name in request.files}}


def steps() -> list[str]:
    """What the steps are called."""
    return [_(name) for name in STEPS]


def _kept(step: str) -> dict[str, str]:
    found: dict[str, str] = flask.session.get(KEPT, {}).get(step, {})
    return found


def _keep(step: str, told: dict[str, str]) -> None:
    flask.session[KEPT] = {**flask.session.get(KEPT, {}), step: told}


def _suggested(country: str) -> dict[str, str]:
    known = countries.suggested(country)
    return {
        "currency": known.currency,
        "tax_rate": str(known.tax_rate),
        "timezone": known.timezone,
        "branch": _("Main"),
        "opens": "08:00",
        "closes": "18:00",
        "with_holidays": "True" if countries.holidays_of(country, [2026]) else "",
        "days": " ".join(day for number, day in enumerate(DAYS) if number not in known.closed),
    }


def _values(told: Mapping[str, str]) -> dict[str, Any]:
    """What was told, typed again."""
    values: dict[str, Any] = dict(told)
    values["tax_rate"] = Decimal(told.get("tax_rate") or "0")
    values["with_holidays"] = told.get("with_holidays") == "True"
    return values


def _checked(bound: Bound, days: list[str]) -> None:
    facts = bound.values
    errors: dict[str, str] = {}
    for check in (organising.checked_company, organising.checked_branch):
        names = ("currency", "name") if check is organising.checked_company else ("timezone",)
        try:
            check({name: facts[name] for name in names})
        except Invalid as error:
            errors |= error.fields
    try:
        _hours(facts, days)
    except Invalid as error:
        errors["opens"] = next(iter(error.fields.values()))
    if errors:
        raise Invalid(fields=errors)


def _hours(facts: Mapping[str, Any], days: list[str]) -> organising.Hours:
    opens, closes = facts.get("opens") or "", facts.get("closes") or ""
    return organising.hours_of({day: (opens, closes) for day in days if day in DAYS})


def _found(settings: Settings, bound: Bound) -> str:
    """Make the company, sign its owner in, and say where to go on: to the colleagues, then to the first document."""
    form, where, told = request.form, _kept("where"), _values(_kept("company"))
    names = (form.get(name, "") for name in ("your_name", "your_email", "username", "password", "again"))
    founder = founding.checked_founder(*names)
    bound.checked()
    logo = next(((file.filename, file.read()) for file in bound.values["logo"].added), None)
    facts = {name: told.get(name) or "" for name in ("name", "currency", "tax_number", "address", "phone")}
    charter = Charter(
        company={**facts, "country": where["country"], "language": where["language"], "email": founder.email},
        tax_rate=told["tax_rate"],
        branch=told["branch"],
        timezone=told["timezone"],
        trade=where["trade"],
        hours=_hours(told, told["days"].split()),
        holidays=founding.suggested_holidays(where["country"]) if told["with_holidays"] else {},
        logo=logo,
    )
    user_id, tenant_id = founding.found(settings, charter, founder)
    acting = access.enter_as(user_id, tenant_id, source="web")
    if acting is None:
        raise ErpError
    remember(acting)
    flask.flash(_("%(name)s is ready.", name=charter.company["name"]), "success")
    _label, documents = founding.TRADES[where["trade"]]
    first = next((name for name in documents if name in declared() and access.can("add", name)), "")
    return f"/people/first?next=/{first}/new" if first else "/people/first"
