"""Where somebody is signed in: one's own sessions, and those of the company for whoever may look after them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import flask
import sqlalchemy as sa
from flask import redirect
from flask_appbuilder import BaseView, expose
from werkzeug.wrappers import Response

from erp import access, context, sessions
from erp.access import Member
from erp.data.base import repeated, session
from erp.i18n import _
from erp.web.shapes import Face, Link, Tab
from erp.web.shell import initials

PERMISSION = "session"
SHOWN = 200
"""Sessions of a company on one page, the last used first."""


@dataclass(frozen=True)
class SessionRow:
    """One device or program."""

    device: str
    icon: str
    address: str
    begun: datetime
    seen: datetime
    is_this: bool
    end_url: str
    face: Face | None = None
    who: str = ""
    sub: str = ""


@dataclass(frozen=True)
class SessionsView:
    """millrace/sessions.html."""

    title: str
    note: str
    rows: Sequence[SessionRow]
    tabs: Sequence[Tab] = ()
    actions: Sequence[Link] = ()


class Sessions(BaseView):
    """`/sessions/`."""

    route_base = "/sessions"
    default_view = "own"

    @expose("/")
    def own(self) -> Any:
        """Where the member is signed in, in all their companies."""
        rows, here = sessions.own(), context.current().session_id
        places = {place.tenant_id: place.name for place in access.places()}
        others = len([row for row in rows if row.id != here])
        end_others = Link(
            _("Sign out everywhere else"), "/sessions/end-others", "logout", post=True,
            confirm=_("End all your other sessions?"),
        )  # fmt: skip
        view = SessionsView(
            title=_("My sessions"),
            note=_("Each is a browser or program in which you are signed in. End what you do not know or do not need."),
            rows=[_row(row, f"/sessions/{row.id}/end", sub=places.get(row.tenant_id, "")) for row in rows],
            tabs=_tabs(is_own=True),
            actions=[end_others] if others else [],
        )
        return self.render_template("millrace/sessions.html", view=view)

    @expose("/<int:session_id>/end", methods=["POST"])
    def end(self, session_id: int) -> Response:
        """End one of one's own; the one this page is in signs out."""
        sessions.end(session_id)
        if session_id == context.current().session_id:
            flask.session.clear()
            return redirect("/login/")
        flask.flash(_("The session was ended. Whoever used it has to sign in again."), "success")
        return redirect("/sessions/")

    @expose("/end-others", methods=["POST"])
    def end_others(self) -> Response:
        """End all of one's own but the one this page is in."""
        acting = context.current()
        count = sessions.end_all(acting.user_id or 0, but=acting.session_id)
        flask.flash(_("%(count)s other sessions were ended.", count=count), "success")
        return redirect("/sessions/")

    @expose("/company")
    def company(self) -> Any:
        """Who is signed in to this company, and with what."""
        access.require("list", PERMISSION)
        rows = sessions.in_tenant(SHOWN)
        names = _names(rows)
        view = SessionsView(
            title=_("Sessions of the company"),
            note=_("Whose session you end has to sign in again. To keep somebody out, deactivate their membership."),
            rows=[_row(row, f"/sessions/company/{row.id}/end", who=names[row.user_id]) for row in rows],
            tabs=_tabs(is_own=False),
        )
        return self.render_template("millrace/sessions.html", view=view)

    @expose("/company/<int:session_id>/end", methods=["POST"])
    def end_of_member(self, session_id: int) -> Response:
        """End somebody's session in this company."""
        access.require("edit", PERMISSION)
        repeated(sessions.end_of_member)(session_id)
        if session_id == context.current().session_id:
            flask.session.clear()
            return redirect("/login/")
        flask.flash(_("The session was ended. Whoever used it has to sign in again."), "success")
        return redirect("/sessions/company")


def _names(rows: Sequence[Any]) -> Mapping[int, str]:
    ids = {row.user_id for row in rows}
    found = session().execute(sa.select(Member.user_id, Member.name).where(Member.user_id.in_(ids)))
    return {**dict.fromkeys(ids, _("No longer a member")), **{row.user_id: row.name for row in found}}


def _tabs(*, is_own: bool) -> list[Tab]:
    """Only who may look after the company's sessions has a choice."""
    if not access.can("list", PERMISSION):
        return []
    return [
        Tab(_("My sessions"), "/sessions/", current=is_own),
        Tab(_("Sessions of the company"), "/sessions/company", current=not is_own),
    ]


def _icon(row: Any) -> str:
    if row.kind == sessions.PROGRAM:
        return "robot"
    is_small = any(name in row.device for name in ("iPhone", "Android", "iPad"))
    return "device-mobile" if is_small else "device-laptop"


def _row(row: Any, end_url: str, *, who: str = "", sub: str = "") -> SessionRow:
    return SessionRow(
        device=row.device,
        icon=_icon(row),
        address=row.address,
        begun=row.begun_at,
        seen=row.last_seen_at,
        is_this=row.id == context.current().session_id,
        end_url=end_url,
        face=Face(initials(who), me=row.user_id == context.current().user_id) if who else None,
        who=who,
        sub=sub or (_("Program") if row.kind == sessions.PROGRAM else ""),
    )
