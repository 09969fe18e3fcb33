"""How a member likes to read and where they work: saved on the membership, so it follows them to every browser."""

from __future__ import annotations

import flask
import sqlalchemy as sa
from flask import redirect, request
from flask_appbuilder import BaseView, expose
from flask_login import current_user
from werkzeug.wrappers import Response

from erp import access, context, sessions
from erp.access import Member
from erp.data.base import repeated, session
from erp.data.organisation import Branch
from erp.errors import NotFound, UserError
from erp.i18n import _
from erp.web import languages
from erp.web.addresses import local_path
from erp.web.credentials import TENANT
from erp.web.guard import at_the_door
from erp.web.shell import THEME_COOKIE, THEMES


class Preferences(BaseView):
    """Language, theme and place; each goes back to the page it was chosen on."""

    route_base = "/settings"
    default_view = "language"

    @expose("/language", methods=["POST"])
    @at_the_door
    def language(self) -> Response:
        """Read in another language, signed in or not."""
        wished = request.form.get("language", "")
        if wished not in languages.offered():
            raise UserError(_("This language is not offered here."))
        if current_user.is_authenticated:
            _save(language=wished)
        answer = _back()
        _remember(answer, languages.COOKIE, wished)
        return answer

    @expose("/theme", methods=["POST"])
    def theme(self) -> Response:
        """Light, dark, or as the device says."""
        wished = request.form.get("theme", "")
        if wished not in THEMES:
            raise UserError(_("Choose light, dark or auto."))
        _save(theme=wished)
        answer = _back()
        _remember(answer, THEME_COOKIE, wished)
        return answer

    @expose("/place", methods=["POST"])
    def place(self) -> Response:
        """Work at another branch, or in another company."""
        tenant, _dot, branch = request.form.get("place", "").partition(".")
        if not tenant.isdecimal() or len(tenant) > 18 or (branch and not (branch.isdecimal() and len(branch) <= 18)):
            raise UserError(_("Choose one of the list."))
        acting = context.current()
        if int(tenant) != acting.tenant_id:
            _change_company(int(tenant))
            return redirect("/")
        _work_at(int(branch or 0))
        return _back()


def _change_company(tenant_id: int) -> None:
    """Enter another company of the person's; the address they came from means nothing there."""
    own = context.current()
    session.remove()
    if own.user_id is None or access.enter_as(own.user_id, tenant_id, source="web") is None:
        raise NotFound(_("You do not belong to this company."))
    if own.session_id is not None:
        sessions.move(own.session_id, tenant_id)
    flask.session[TENANT] = tenant_id


@repeated
def _work_at(branch_id: int) -> None:
    branch, reached = session().get(Branch, branch_id), context.current().branches
    if branch is None or (reached is not None and branch.id not in reached):
        raise NotFound(_("There is no such branch."))
    member = session().get_one(Member, context.current().member_id)
    member.company_id, member.branch_id = branch.company_id, branch.id


@repeated
def _save(**values: str) -> None:
    session().execute(sa.update(Member).where(Member.id == context.current().member_id).values(**values))


def _back() -> Response:
    return redirect(local_path(request.form.get("next")))


def _remember(answer: Response, name: str, value: str) -> None:
    secure = bool(flask.current_app.config["SESSION_COOKIE_SECURE"])
    answer.set_cookie(name, value, max_age=languages.YEAR, samesite="Lax", httponly=True, secure=secure)
