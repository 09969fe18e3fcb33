"""Who is away and who stands in: a page for each member, one's own from the profile, others' from their page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from flask import flash, redirect, render_template, request
from flask_appbuilder import BaseView, expose

from erp import access, context
from erp.access import Member, can
from erp.data.base import session
from erp.data.organisation import today
from erp.documents.fields import Field, Kind
from erp.errors import Invalid, NotFound
from erp.forms import bind
from erp.forms.inputs import Input
from erp.i18n import _, format_date
from erp.people import absences
from erp.people.absences import Away
from erp.screens.documents import Answer
from erp.screens.guard import members_only
from erp.web.shapes import Link, State

MOST = 500
"""Colleagues offered as stand-ins."""


@dataclass(frozen=True)
class AbsenceRow:
    """An absence in the list."""

    days: str
    stand_in: str
    note: str
    state: State
    drop: Link


@dataclass(frozen=True)
class AbsencesView:
    """millrace/absences.html."""

    title: str
    action: str
    rows: Sequence[AbsenceRow]
    fields: Sequence[Input]
    crumbs: Sequence[Link]


class Absences(BaseView):
    """`/absences/<member>`."""

    route_base = "/absences"
    default_view = "member"

    @expose("/<int:member_id>", methods=("GET", "POST"))
    @members_only
    def member(self, member_id: int) -> Answer:
        """The days a member is away; a post adds some."""
        absences.require_may(member_id)
        member = session().get(Member, member_id)
        if member is None:
            raise NotFound
        begin = {"from_on": today(), "until_on": today() + timedelta(days=6)}
        bound = bind(_fields(member_id), request.form.to_dict() if request.method == "POST" else None, begin)
        if bound.ok:
            given = bound.values
            try:
                _enter(member_id, given)
            except Invalid as error:
                bound = bound.refused(error.fields)
            else:
                flash(_("Saved: %(days)s.", days=_days(given["from_on"], given["until_on"])), "success")
                return redirect(f"/absences/{member_id}")
        is_own = member_id == context.current().member_id
        crumbs = [Link(_("Your profile"), "/profile/")] if is_own else [Link(_("People"), "/people/")]
        view = AbsencesView(
            _("When you are away") if is_own else _("When %(name)s is away", name=member.name),
            f"/absences/{member_id}", [_row(each) for each in absences.of([member_id])], bound.inputs(), crumbs,
        )  # fmt: skip
        return render_template("millrace/absences.html", view=view), 422 if bound.errors else 200

    @expose("/end/<int:absence_id>", methods=("POST",))
    @members_only
    def end(self, absence_id: int) -> Answer:
        """Take an absence back, or let it end today."""
        member_id = absences.end(absence_id)
        flash(_("The absence is taken back."), "success")
        return redirect(f"/absences/{member_id}")


def _enter(member_id: int, given: Mapping[str, object]) -> None:
    from_on, until_on, stand_in = given["from_on"], given["until_on"], given["stand_in"]
    assert isinstance(from_on, date)
    assert isinstance(until_on, date)
    absences.enter(member_id, int(str(stand_in)) if stand_in else None, from_on, until_on, str(given["note"] or ""))


def _fields(member_id: int) -> list[Field]:
    others = [each for each in access.colleagues(MOST) if each.id != member_id]
    return [
        Field("from_on", Kind.DATE, _("First day"), required=True),
        Field("until_on", Kind.DATE, _("Last day"), required=True),
        Field(
            "stand_in", Kind.CHOICE, _("Who stands in"), choices=tuple((str(each.id), each.name) for each in others),
            help=_("They find the tasks in their inbox and do them in both names. What one may not approve, "
                   "they may not either."),
        ),
        Field("note", label=_("Note"), help=_("Colleagues see it."), length=200),
    ]  # fmt: skip


def _days(from_on: object, until_on: object) -> str:
    assert isinstance(from_on, date)
    assert isinstance(until_on, date)
    if from_on == until_on:
        return format_date(from_on)
    return _("%(begins)s – %(ends)s", begins=format_date(from_on), ends=format_date(until_on))


def _row(one: Away) -> AbsenceRow:
    label = _("I am back") if one.is_now and one.member_id == context.current().member_id else _("Take back")
    drop = Link(label, f"/absences/end/{one.id}", "x", post=True)
    state = State("wait", _("Away")) if one.is_now else State("idle", _("To come"))
    return AbsenceRow(_days(one.from_on, one.until_on), one.stand_in or _("Nobody"), one.note, state, drop)


def told(one: Away) -> str:
    """`away until 5 Dec, Peter Otieno stands in`, for lists of people."""
    begins = _("away until %(day)s", day=format_date(one.until_on)) if one.is_now else _(
        "away %(days)s", days=_days(one.from_on, one.until_on))  # fmt: skip
    return begins if not one.stand_in else _("%(away)s, %(who)s stands in", away=begins, who=one.stand_in)


def link_to(member_id: int) -> Link | None:
    """The way to a member's absences, for whom may see them."""
    if member_id != context.current().member_id and not can("edit", absences.RIGHT):
        return None
    return Link(_("Absence"), f"/absences/{member_id}", "calendar")
