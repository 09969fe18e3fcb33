"""Pages and addresses to sign in and out, for people and for programs."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import flask
from flask import Response, redirect, request, url_for
from flask_appbuilder import BaseView, expose
from flask_appbuilder.api import BaseApi
from flask_appbuilder.api import expose as expose_api
from flask_appbuilder.security.forms import LoginForm_db
from flask_login import current_user, login_user, logout_user
from werkzeug.wrappers import Response as BaseResponse

from erp import access, context, founding, sessions
from erp.context import Context
from erp.errors import Invalid, SignInRequired, UserError
from erp.i18n import _
from erp.web import known_devices, tokens
from erp.web.addresses import local_path
from erp.web.credentials import SESSION, TENANT, Person, authenticate
from erp.web.devices import device
from erp.web.guard import at_the_door, known, public
from erp.web.limits import TooManyRequests

TEMPLATE = "appbuilder/general/security/login_db.html"


class SignIn(BaseView):
    """The sign-in page."""

    route_base = ""
    default_view = "login"

    @expose("/login/", methods=["GET", "POST"])
    @at_the_door
    def login(self) -> Any:
        """Ask for name and password; what was typed is kept when they are wrong."""
        if current_user.is_authenticated:
            return redirect(local_path(request.args.get("next")))
        form = LoginForm_db()
        if not form.validate_on_submit():
            return self._page(form, 422 if request.method == "POST" else 200)
        try:
            user_id = authenticate(form.username.data, form.password.data, device())
        except TooManyRequests as error:
            answer = self._page(form, int(error.status), error.message)
            answer.headers["Retry-After"] = str(error.seconds)
            return answer
        if user_id is None:
            return self._page(form, 401, _("Name or password is wrong. Check both and try again."))
        acting = access.enter_as(user_id, None, source="web")
        if acting is None:
            return self._page(form, 403, _("You belong to no company here. Ask whoever invited you."))
        remember(acting)
        return redirect(local_path(request.args.get("next")))

    @expose("/logout/", methods=["GET", "POST"])
    @public
    def logout(self) -> str | BaseResponse:
        """Ask whether to sign out, or end the session and forget who is signed in."""
        if request.method != "POST":
            is_in = current_user.is_authenticated
            return self.render_template("millrace/sign_out.html") if is_in else redirect(url_for("SignIn.login"))
        session_id = context.current().session_id if current_user.is_authenticated else None
        if session_id is not None:
            sessions.end(session_id, kind=sessions.SIGNED_OUT)
        logout_user()
        flask.session.clear()
        return redirect(url_for("SignIn.login"))

    def _page(self, form: Any, status: int, problem: str = "") -> Response:
        if problem:
            form.username.errors = [*form.username.errors, problem]
        page = self.render_template(TEMPLATE, title=_("Sign in"), form=form, is_empty=founding.is_empty())
        answer = flask.make_response(page, status)
        answer.headers["Cache-Control"] = "no-store"
        return answer


def remember(acting: Context) -> None:
    """Start a new session for this person, with a cookie of its own."""
    flask.session.clear()
    flask.session[TENANT] = acting.tenant_id
    flask.session[SESSION] = sessions.begin(sessions.BROWSER, device()).token
    login_user(Person(acting.user_id or 0, acting.name))
    known_devices.keep(acting.user_id or 0)


class SecurityApi(BaseApi):
    """Tokens for programs."""

    resource_name = "security"

    @expose_api("/login", methods=["POST"])
    @public
    def login(self) -> dict[str, Any]:
        """An access token and a refresh token for {"username", "password"}, in {"tenant": id} or the first one."""
        sent = request.get_json(silent=True)
        if not isinstance(sent, dict):
            raise UserError(_("Send a JSON object with username and password."))
        wrong = {name: _("Fill this in.") for name in ("username", "password") if not isinstance(sent.get(name), str)}
        tenant = sent.get(TENANT)
        if tenant is not None and (isinstance(tenant, bool) or not isinstance(tenant, int) or abs(tenant) >= 2**63):
            wrong[TENANT] = _("Must be a whole number.")
        if wrong:
            raise Invalid(fields=wrong)
        user_id = authenticate(sent["username"], sent["password"], device())
        if user_id is None:
            raise SignInRequired(_("Name or password is wrong. Check both and try again."))
        acting = access.enter_as(user_id, tenant, source="rest")
        if acting is None:
            raise SignInRequired(_("You do not belong to this company."))
        begun = sessions.begin(sessions.PROGRAM, device())
        return tokens.pair(replace(acting, session_id=begun.id), begun.token, fresh=True)

    @expose_api("/refresh", methods=["POST"])
    @public
    def refresh(self) -> dict[str, Any]:
        """A new pair of tokens for a refresh token, while its person still belongs to its tenant.

        A refresh token is good for once: used again, it ends the session.
        """
        turns: list[str] = []

        def renew() -> Context:
            shown = tokens.claims(tokens.bearer(), "refresh")
            acting = tokens.enter_with_claims(shown)
            turn = sessions.renew(acting.session_id or 0, str(shown.get(tokens.TURN, "")))
            if turn is None:
                raise SignInRequired(_("This token was used before, so its session was ended. Sign in again."))
            turns.append(turn)
            return acting

        return tokens.pair(known(renew), turns[0], fresh=False)
