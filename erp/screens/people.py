"""The company's members: who they are, inviting a colleague, and what each of them plays and reaches."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

from flask import flash, redirect, render_template, request
from flask_appbuilder import BaseView, expose
from werkzeug.wrappers import Response

from erp import clock, context, i18n
from erp.access import can, require
from erp.context import Grant
from erp.data.organisation import company
from erp.documents.fields import Field, Kind
from erp.errors import ErpError, Invalid, NotFound
from erp.forms import bind
from erp.forms.inputs import Input, Tick, Ticks
from erp.i18n import _, format_datetime
from erp.people import absences, colleagues, giving, invitations, placing
from erp.people.absences import Away
from erp.people.colleagues import RIGHT, Colleague
from erp.people.invitations import Invitation, Wish
from erp.screens import absences as absence_pages
from erp.screens.guard import members_only
from erp.web import languages
from erp.web.shapes import Link, State
from erp.web.shell import initials

Answer = str | Response | tuple[str, int]
LIST = "/people/"


@dataclass(frozen=True)
class PersonRow:
    """A member, or somebody who was invited, in the list."""

    name: str
    sub: str
    roles: str
    branches: str
    seen: str
    state: State
    url: str = ""
    initials: str = ""
    actions: Sequence[Link] = ()


@dataclass(frozen=True)
class PeopleView:
    """millrace/people.html."""

    rows: Sequence[PersonRow]
    invited: Sequence[PersonRow]
    invite_url: str = ""
    roles_url: str = ""


@dataclass(frozen=True)
class MemberView:
    """millrace/member.html: a colleague, or one who is to be invited."""

    title: str
    action: str
    submit: str
    ticks: Sequence[Ticks]
    fields: Sequence[Input] = ()
    errors: Sequence[str] = ()
    state: State | None = None
    facts: Sequence[tuple[str, str]] = ()
    links: Sequence[Link] = ()
    crumbs: Sequence[Link] = field(default_factory=lambda: [Link(_("People"), LIST)])


class PeoplePages(BaseView):
    """`/people/`."""

    route_base = "/people"
    default_view = "list"

    @expose("/")
    @members_only
    def list(self) -> Answer:
        """Members and open invitations."""
        require("list", RIGHT)
        titles, places = _titles(), placing.branches()
        view = PeopleView(
            _rows(titles, places),
            [_invited(each, titles, places) for each in invitations.waiting()],
            invite_url="/people/invite" if can("add", RIGHT) else "",
            roles_url="/roles/" if can("list", "role") else "",
        )
        return render_template("millrace/people.html", view=view)

    @expose("/invite", methods=("GET", "POST"))
    @members_only
    def invite(self) -> Answer:
        """Invite a colleague by mail."""
        require("add", RIGHT)
        bound = bind(invite_fields(), request.form.to_dict() if request.method == "POST" else None,
                     {"language": company().language})  # fmt: skip
        roles, branches = _sent("roles"), _sent("branches")
        if bound.raw is not None:
            try:
                bound.checked()
                wish = Wish(
                    bound.values["name"], bound.values["email"], tuple(roles), bound.values["language"],
                    _ids(branches),
                )  # fmt: skip
                made = invitations.invite(wish)
            except Invalid as error:
                bound = bound.refused(error.fields)
            else:
                told = _(
                    "A mail to %(address)s is on its way. The link in it opens for seven days.", address=made.email
                )
                flash(told, "success")
                return redirect(LIST)
        view = MemberView(
            _("Invite a colleague"), "/people/invite", _("Send the invitation"),
            _ticks(roles, branches, bound.errors), bound.inputs(),
        )  # fmt: skip
        return _answer(view, 422 if bound.errors else 200)

    @expose("/<int:member_id>", methods=("GET", "POST"))
    @members_only
    def member(self, member_id: int) -> Answer:
        """What a colleague plays and where; changed by a post."""
        one = colleagues.one(member_id)
        errors: dict[str, str] = {}
        roles, branches = one.roles, tuple(str(each) for each in one.branches)
        if request.method == "POST":
            require("edit", RIGHT)
            # what the actor may not give is not sent, and stays
            fixed = _fixed(giving.every())
            kept = [key for key in one.roles if key in fixed]
            roles, branches = (*kept, *_sent("roles")), _sent("branches")
            try:
                colleagues.change(member_id, roles, _ids(branches))
            except ErpError as error:
                errors = dict(error.fields) or {"": error.message}
            else:
                flash(_("Saved. It holds from %(name)s's next click on.", name=one.name), "success")
                return redirect(LIST)
        view = MemberView(
            one.name, f"/people/{member_id}", _("Save") if can("edit", RIGHT) and one.is_active else "",
            _ticks(roles, branches, errors), errors=[text for key, text in errors.items() if not key],
            state=_state(one), facts=_facts(one), links=_links(one),
        )  # fmt: skip
        return _answer(view, 422 if errors else 200)

    @expose("/<int:member_id>/end", methods=("POST",))
    @members_only
    def end(self, member_id: int) -> Answer:
        """End a membership."""
        return _told(member_id, lambda: colleagues.end(member_id), _("The membership has ended."))

    @expose("/<int:member_id>/back", methods=("POST",))
    @members_only
    def back(self, member_id: int) -> Answer:
        """Take a former member back."""
        return _told(member_id, lambda: colleagues.take_back(member_id), _("The membership holds again."))

    @expose("/<int:member_id>/reset", methods=("POST",))
    @members_only
    def reset(self, member_id: int) -> Answer:
        """Mail a colleague a link to a new password."""
        text = _("A mail with a link to a new password is on its way to them.")
        return _told(member_id, lambda: colleagues.mail_reset(member_id), text)

    @expose("/invitation/<int:invitation_id>/resend", methods=("POST",))
    @members_only
    def resend(self, invitation_id: int) -> Answer:
        """Mail an invitation again."""
        found = invitations.resend(invitation_id)
        flash(_("A new mail to %(address)s is on its way. The old link opens nothing any more.", address=found.email),
              "success")  # fmt: skip
        return redirect(LIST)

    @expose("/invitation/<int:invitation_id>/withdraw", methods=("POST",))
    @members_only
    def withdraw(self, invitation_id: int) -> Answer:
        """Take an invitation back."""
        found = invitations.withdraw(invitation_id)
        flash(_("The invitation to %(address)s is taken back.", address=found.email), "success")
        return redirect(LIST)


def invite_fields() -> Sequence[Field]:
    """Whom to invite."""
    spoken = tuple((code, i18n.LANGUAGE_NAMES.get(code, code)) for code in languages.offered())
    return [
        Field("name", label=_("Name"), required=True),
        Field("email", Kind.EMAIL, _("E-mail"), required=True),
        Field("language", Kind.CHOICE, _("Language"), required=True, choices=spoken),
    ]


def _sent(name: str) -> tuple[str, ...]:
    return tuple(request.form.getlist(name))


def _ids(texts: Collection[str]) -> tuple[int, ...]:
    """The ids among what was ticked; raises Invalid at `branches` for anything else."""
    if not all(text.isdecimal() and len(text) <= 18 for text in texts):
        raise Invalid(fields={"branches": _("Choose from the list.")})
    return tuple(int(text) for text in texts)


def _titles() -> dict[str, str]:
    return {key: grant.title for key, grant in giving.every().items()}


def _fixed(known: Mapping[str, Grant]) -> set[str]:
    """Roles the actor may neither give nor take."""
    return {key for key, grant in known.items() if not giving.may_give(grant)}


def _ticks(roles: Collection[str], branches: Collection[str], told: Mapping[str, str]) -> list[Ticks]:
    known = giving.every()
    fixed, ticked = _fixed(known), set(roles)
    shown = [
        Tick(key, grant.title, is_ticked=key in ticked, is_fixed=key in fixed)
        for key, grant in known.items()
        if key not in fixed or key in ticked
    ]
    own = context.current().branches
    places = [
        Tick(str(key), name, is_ticked=str(key) in branches, is_fixed=own is not None and key not in own)
        for key, name in placing.branches().items()
    ]
    found = [Ticks("roles", _("Roles"), shown, _("You can give what you may do yourself."), told.get("roles", ""))]
    if len(places) > 1:
        hint = _("Tick none for all branches.")
        found.append(Ticks("branches", _("Only these branches"), places, hint, told.get("branches", "")))
    return found


def _rows(titles: dict[str, str], places: Mapping[int, str]) -> list[PersonRow]:
    found = colleagues.all_of()
    away = {each.member_id: each for each in absences.of([one.id for one in found]) if each.is_now}
    return [_row(one, titles, places, away.get(one.id)) for one in found]


def _row(one: Colleague, titles: dict[str, str], places: Mapping[int, str], away: Away | None) -> PersonRow:
    sub = one.email if away is None else _(", ").join((one.email, absence_pages.told(away)))
    return PersonRow(
        one.name, sub, _(", ").join(titles.get(key, key) for key in one.roles),
        _(", ").join(sorted(places[key] for key in one.branches)) or _("All"),
        format_datetime(one.last_seen), _state(one, away), f"/people/{one.id}", initials(one.name),
    )  # fmt: skip


def _invited(one: Invitation, titles: dict[str, str], places: Mapping[int, str]) -> PersonRow:
    url, is_late = f"/people/invitation/{one.id}", one.expires_at < clock.now()
    may = can("edit", RIGHT)
    return PersonRow(
        one.name, one.email, _(", ").join(titles.get(key, key) for key in one.roles),
        _(", ").join(sorted(places[key] for key in one.branches if key in places)) or _("All"),
        format_datetime(one.sent_at),
        State("bad", _("Link expired")) if is_late else State("wait", _("Invited")),
        actions=[
            Link(_("Send again"), f"{url}/resend", "mail-fast", post=True),
            Link(_("Take back"), f"{url}/withdraw", "x", post=True),
        ] if may else (),
    )  # fmt: skip


def _state(one: Colleague, away: Away | None = None) -> State:
    if one.is_active and away is not None:
        return State("wait", _("Away"))
    return State("good", _("Active")) if one.is_active else State("done", _("Has left"))


def _facts(one: Colleague) -> list[tuple[str, str]]:
    away = [absence_pages.told(each) for each in absences.of([one.id])]
    return [
        *([(_("Absence"), _("; ").join(away))] if away else []),
        (_("E-mail"), one.email),
        (_("User name"), one.username),
        (_("Last seen"), format_datetime(one.last_seen)),
    ]


def _links(one: Colleague) -> list[Link]:
    found = [Link(_("What they may do"), f"/people/why?member={one.id}", "user-question")]
    found += [link for link in [absence_pages.link_to(one.id)] if link is not None and one.is_active]
    if not can("edit", RIGHT):
        return found
    if not one.is_active:
        return [*found, Link(_("Take back"), f"/people/{one.id}/back", "arrow-back-up", post=True)]
    ask = _("End the membership of %(name)s? They are signed out at once and can be taken back.", name=one.name)
    return [
        *found,
        Link(_("Mail a new password"), f"/people/{one.id}/reset", "mail", post=True),
        Link(_("End membership"), f"/people/{one.id}/end", "logout", post=True, confirm=ask, danger=True),
    ]


def _told(member_id: int, change: Callable[[], None], text: str) -> Response:
    require("edit", RIGHT)
    try:
        change()
    except ErpError as error:
        if isinstance(error, NotFound):
            raise
        flash(error.message, "danger")
        return redirect(f"/people/{member_id}")
    flash(text, "success")
    return redirect(LIST)


def _answer(view: MemberView, status: int) -> Answer:
    return render_template("millrace/member.html", view=view), status
