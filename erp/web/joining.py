"""The pages behind an invitation and behind a link to a new password: looking changes nothing, both work once."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import flask
from flask import redirect, request, url_for
from flask_appbuilder import BaseView, expose
from flask_login import current_user

from erp import access, context
from erp.access import role_name
from erp.data.base import session
from erp.data.organisation import Tenant
from erp.errors import Conflict, Invalid, NotFound
from erp.forms.inputs import Input
from erp.i18n import _
from erp.passwords import SHORTEST
from erp.people import accounts, giving, invitations
from erp.people.invitations import Invitation
from erp.web.credentials import authenticate
from erp.web.devices import device
from erp.web.guard import public
from erp.web.limits import GUESS, LINK, RESET, TooManyRequests, limits, network
from erp.web.shapes import Link
from erp.web.signing import remember


@dataclass(frozen=True)
class Panel:
    """A form of its own; `errors` belong to no field."""

    action: str
    button: str
    fields: Sequence[Input] = ()
    label: str = ""
    text: str = ""
    errors: Sequence[str] = ()


@dataclass(frozen=True)
class AccountView:
    """millrace/account.html."""

    title: str
    text: str = ""
    panels: Sequence[Panel] = ()
    back: Link | None = None


def password_inputs(errors: Mapping[str, str]) -> list[Input]:
    """A new password and the same again; neither is ever filled in."""
    hint = "" if "password" in errors else _("At least %(count)s characters.", count=SHORTEST)
    return [
        Input("password", _("New password"), "secret", required=True, error=errors.get("password", ""), hint=hint),
        Input("again", _("The same again"), "secret", required=True, error=errors.get("again", "")),
    ]


class Join(BaseView):
    """`/join/<token>`: with a new account, with the one a person has, or with the one they are signed in with."""

    route_base = "/join"
    default_view = "show"

    @expose("/<token>")
    @public
    def show(self, token: str) -> Any:
        """What the link invites to."""
        who = _signed_in()
        return _page(_invited(_opened(token), token, {}, who=who))

    @expose("/<token>", methods=["POST"])
    @public
    def accept(self, token: str) -> Any:
        """Join with a new account, and be at work at once."""
        found = _opened(token)
        form = request.form
        try:
            user_id = invitations.accept(
                token, form.get("username", ""), form.get("password", ""), form.get("again", "")
            )
        except Invalid as error:
            session.rollback()
            return _page(_invited(found, token, error.fields), 422)
        return _at_work(user_id, found.tenant_id)

    @expose("/<token>/known", methods=["POST"])
    @public
    def known(self, token: str) -> Any:
        """Join with the account a person has already."""
        found = _opened(token)
        form = request.form
        user_id = authenticate(form.get("name", ""), form.get("old", ""), device())
        if user_id is None:
            errors = {"name": _("Name or password is wrong. Check both and try again.")}
            return _page(_invited(found, token, errors), 401)
        return _joined(found, token, user_id)

    @expose("/<token>/me", methods=["POST"])
    @public
    def me(self, token: str) -> Any:
        """Join as who is signed in in this browser."""
        who = _signed_in()
        found = _opened(token)
        if who is None or who.user_id is None:
            return _page(_invited(found, token, {}), 401)
        return _joined(found, token, who.user_id)


class Passwords(BaseView):
    """`/password/…`: ask for a link to a new password, and use it."""

    route_base = "/password"
    default_view = "forgot"

    @expose("/forgot", methods=["GET", "POST"])
    @public
    def forgot(self) -> Any:
        """Ask for the mail; the answer is the same whether the name is known or not."""
        name = request.form.get("name", "").strip()
        back = Link(_("Back to sign in"), url_for("SignIn.login"))
        error = _("Fill this in.") if request.method == "POST" and not name else ""
        status = 422 if error else 200
        if name:
            try:
                _ask(name)
            except TooManyRequests as refused:
                error, status = refused.message, 429
            else:
                text = _(
                    "If there is an account by “%(name)s”, a mail with a link is on its way. The link opens once, "
                    "within an hour.", name=name,
                )  # fmt: skip
                return _page(AccountView(_("Look into your mail"), text, back=back))
        field = Input("name", _("User name or mail"), "username", name, required=True, error=error)
        panel = Panel("/password/forgot", _("Send me a link"), [field])
        return _page(AccountView(_("Forgot password?"), _("We mail you a link to a new one."), [panel], back), status)

    @expose("/<token>", methods=["GET", "POST"])
    @public
    def reset(self, token: str) -> Any:
        """Choose a new password; the link is used up by it."""
        with _no_guessing(token):
            account = accounts.reset_opened(token)
        errors: Mapping[str, str] = {}
        if request.method == "POST":
            try:
                accounts.reset_password(token, request.form.get("password", ""), request.form.get("again", ""))
            except Invalid as error:
                errors = error.fields
            else:
                flask.session.clear()
                flask.flash(_("Your password is changed. Sign in with it."), "success")
                return redirect(url_for("SignIn.login"))
        panel = Panel(request.path, _("Change it"), password_inputs(errors))
        view = AccountView(_("A new password"), _("For %(username)s.", username=account.username), [panel])
        return _page(view, 422 if errors else 200)


def _ask(name: str) -> None:
    """Leave the mail behind if there is such a person; counted alike for names that nobody has."""
    limits.take(RESET, "address", network())
    limits.take(RESET, "name", name[:320].casefold())
    user_id = accounts.find(name)
    if user_id is None:
        return
    # asked for by user name and by address it is one account: the mails stop, and nobody is told which these are
    with suppress(TooManyRequests):
        limits.take(RESET, "account", str(user_id))
        before = context.current()
        accounts.ask_reset(user_id)
        session.remove()
        context.enter(before)


def _signed_in() -> context.Context | None:
    """Who this browser belongs to, asked before the link's tenant is entered."""
    return context.current() if current_user.is_authenticated else None


def _opened(token: str) -> Invitation:
    session.remove()
    with _no_guessing(token):
        return invitations.opened(token)


@contextmanager
def _no_guessing(token: str) -> Iterator[None]:
    """Openings are counted by link, what opens nothing by address; raises TooManyRequests."""
    limits.take(LINK, hashlib.sha256(token.encode()).hexdigest()[:32], beside=[(GUESS, network())])
    try:
        yield
    except NotFound:
        limits.take(GUESS, network())
        raise


def _joined(found: Invitation, token: str, user_id: int) -> Any:
    tenant_id = found.tenant_id
    try:
        invitations.accept_as(token, user_id)
    except Conflict as error:
        session.rollback()
        return _page(_invited(invitations.opened(token), token, {"name": error.message}), 409)
    return _at_work(user_id, tenant_id)


def _at_work(user_id: int, tenant_id: int) -> Any:
    """Sign the new colleague in."""
    session.remove()
    acting = access.enter_as(user_id, tenant_id, source="web")
    assert acting is not None
    remember(acting)
    flask.flash(_("Welcome, %(name)s. This is what waits for you.", name=acting.name), "success")
    return redirect("/")


def _invited(
    found: Invitation, token: str, errors: Mapping[str, str], *, who: context.Context | None = None
) -> AccountView:
    company = session().get_one(Tenant, found.tenant_id).name
    titles = giving.every()
    roles = _(", ").join(titles[key].title if key in titles else role_name(key) for key in found.roles)
    typed = request.form.get("username", found.email.partition("@")[0])
    username = Input(
        "username", _("User name"), "username", typed, required=True, error=errors.get("username", ""),
        hint=_("You sign in with it."), max_length=60,
    )  # fmt: skip
    panels = [Panel(f"/join/{token}", _("Join"), [username, *password_inputs(errors)], _("I am new here"))]
    name = Input(
        "name", _("User name or mail"), "username", request.form.get("name", ""), required=True,
        error=errors.get("name", ""),
    )  # fmt: skip
    known = Panel(
        f"/join/{token}/known", _("Sign in and join"), [name, Input("old", _("Password"), "password", required=True)],
        _("I have an account already"),
    )  # fmt: skip
    if who is not None:
        text = _("You are signed in as %(name)s.", name=who.name)
        mine = Panel(f"/join/{token}/me", _("Join as %(name)s", name=who.name), text=text)
        panels.insert(0, mine)
    text = _("%(who)s invites you, %(name)s, to work here as %(roles)s.",
             who=found.invited_by, name=found.name, roles=roles)  # fmt: skip
    return AccountView(company, text, [*panels, known])


def _page(view: AccountView, status: int = 200) -> Any:
    answer = flask.make_response(flask.render_template("millrace/account.html", view=view), status)
    answer.headers["Cache-Control"] = "private, no-store"
    answer.headers["X-Robots-Tag"] = "noindex"
    return answer
