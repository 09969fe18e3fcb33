from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import flask
from flask import Response, jsonify, request

from erp import Forbidden, Invalid, SignInRequired, _, _l, acting, can, current, require, seen_as
from erp.screens import (
    Answer,
    DocumentView,
    LinesShown,
    Opened,
    OwnEntry,
    OwnPage,
    Packed,
    Question,
    Stand,
    TaskButton,
    allowed,
    asked,
    asked_at,
    expose,
)
from plugins.pos import (
    allowing,
    catalogue,
    checking_out,
    desk,
    drawer,
    holding,
    lots,
    papers,
    registering,
    returning,
    searching,
    shelf,
    telling,
    views_page,
    views_paper,
    views_sessions,
)
from plugins.pos.desk import Desk

COOKIE = "mr_till"
"""What makes a browser a till; it opens nothing without a signed-in member who may sell."""
KEPT = 400 * 24 * 3600
AT_TILL = "till"
"""Where the session cookie keeps who stands at the till: {"user": id, "locked": true}."""
F = TypeVar("F", bound=Callable[..., Any])


class TillLocked(Forbidden):
    """The till is locked.

    Somebody types their PIN at /till/unlock.
    """

    code = "till_locked"


def cashier(function: F) -> F:
    """Decorator of a till's route: whoever unlocked it last acts, and nobody while it is locked."""

    @functools.wraps(function)
    def run(*args: Any, **kwargs: Any) -> Any:
        stands = flask.session.get(AT_TILL) or {}
        if stands.get("locked"):
            raise TillLocked
        return _as_cashier(stands.get("user"), lambda: function(*args, **kwargs))

    return run  # type: ignore[return-value]


def _as_cashier(user_id: int | None, act: Callable[[], Any]) -> Any:
    if current().member_id is None:
        raise SignInRequired
    if user_id is None or user_id == current().user_id:
        return act()
    theirs = seen_as(user_id, source="web", language=current().language)
    if theirs is None:
        raise TillLocked
    with acting(
        user_id=theirs.user_id, member_id=theirs.member_id, name=theirs.name, permissions=theirs.permissions,
        grants=theirs.grants, roles=theirs.roles, branches=theirs.branches, rules=theirs.rules,
    ):  # fmt: skip
        return act()


def _cookie() -> str:
    return request.cookies.get(COOKIE, "")


def _here() -> Desk:
    return desk.at(_cookie())


def _sent() -> object:
    return request.get_json(silent=True)


class Till(OwnPage):
    """The counter: its page, and what its page asks for."""

    route_base = "/till"
    default_view = "page"
    entry = OwnEntry(_l("Till"), "/till/", "shopping-cart", ("sell", "cash_session"))

    @expose("/")
    def page(self) -> Answer:
        """The till, full screen."""
        require("sell", "cash_session")
        return views_page.till()

    @expose("/register", methods=("GET", "POST"))
    def register(self) -> Answer:
        """Make this browser a till by the code of a manager."""
        require("sell", "cash_session")
        if request.method != "POST":
            return views_page.register()
        sent = request.get_json(silent=True) if request.is_json else request.form
        code = str((sent or {}).get("code", ""))[:40]
        try:
            kept = registering.register(code, request.user_agent.string)
        except Invalid as refusal:
            if request.is_json:
                raise
            return views_page.register(code, refusal.fields)
        answer = flask.make_response(jsonify({"url": "/till/"}) if request.is_json else flask.redirect("/till/"))
        answer.set_cookie(
            COOKIE, kept, max_age=KEPT, path="/till", samesite="Strict", httponly=True,
            secure=bool(flask.current_app.config["SESSION_COOKIE_SECURE"]),
        )  # fmt: skip
        return answer

    @expose("/state")
    def state(self) -> Answer:
        """Where this till is, who is at it and by which rules it counts; asked also while it is locked."""
        stands = flask.session.get(AT_TILL) or {}
        is_locked = bool(stands.get("locked"))
        user_id = None if is_locked else stands.get("user")
        return jsonify(_as_cashier(user_id, lambda: telling.state(_here(), is_locked=is_locked)))

    @expose("/catalogue")
    @cashier
    def catalogue(self) -> Answer:
        """What is sold here, with a mark by which a browser asks whether it changed."""
        here = _here()
        now = catalogue.version(here)
        is_known = request.if_none_match.contains_weak(now.every)
        answer = Response(status=304) if is_known else Packed(catalogue.packed(here, now), mimetype="application/json")
        answer.set_etag(now.every, weak=True)
        answer.headers["Cache-Control"] = "private, no-cache"
        return answer

    @expose("/pictures/<int:file_id>/<mark>")
    @cashier
    def picture(self, file_id: int, mark: str) -> Answer:
        """A product's picture for its tile; another picture has another address, so a browser keeps it."""
        _here()
        answer = Response(shelf.picture(file_id, mark), mimetype="image/webp")
        answer.headers["Cache-Control"] = f"private, max-age={KEPT}, immutable"
        return answer

    @expose("/lots")
    @cashier
    def lots(self) -> Answer:
        """The lots of `product_id` that lie here, or those with the number `code`; with `back` those to come back."""
        product_id, here = request.args.get("product_id", ""), _here()
        back = request.args.get("back") == "1"
        is_product = product_id.isdecimal() and len(product_id) <= 18
        return jsonify({"lots": lots.offered(int(product_id), here, back=back) if is_product
                        else lots.by_code(request.args.get("code", "")[:60], here, back=back)})  # fmt: skip

    @expose("/search")
    @cashier
    def search(self) -> Answer:
        """Customers and sales that match `q`."""
        return jsonify(searching.search(request.args.get("q", ""), _here()))

    @expose("/customers", methods=("POST",))
    @cashier
    def customers(self) -> Answer:
        """A new customer."""
        _here()
        return jsonify(searching.add_customer(_sent()))

    @expose("/price", methods=("POST",))
    @cashier
    def price(self) -> Answer:
        """The cart as the server prices it."""
        return jsonify(checking_out.price(_here(), _sent()))

    @expose("/checkout", methods=("POST",))
    @cashier
    def checkout(self) -> Answer:
        """Sell the cart."""
        return jsonify(checking_out.sell(_cookie(), _sent()))

    @expose("/sessions", methods=("POST",))
    @cashier
    def sessions(self) -> Answer:
        """Open a session."""
        return jsonify(telling.told(drawer.open_session(_cookie(), _sent())))

    @expose("/sessions/current/cash", methods=("POST",))
    @cashier
    def cash(self) -> Answer:
        """Cash in or out."""
        return jsonify(drawer.move_cash(_cookie(), _sent()))

    @expose("/sessions/current/x")
    @cashier
    def x(self) -> Answer:
        """What the session comes to so far."""
        return jsonify(drawer.x_report(_here()))

    @expose("/sessions/current/close", methods=("POST",))
    @cashier
    def close(self) -> Answer:
        """Count and close: the Z."""
        return jsonify(drawer.told(drawer.close(_cookie(), _sent())))

    @expose("/holds", methods=("GET", "POST"))
    @cashier
    def holds(self) -> Answer:
        """The carts that wait here; a post puts one aside."""
        if request.method == "POST":
            return jsonify(holding.hold(_cookie(), _sent()))
        return jsonify({"holds": holding.held(_here())})

    @expose("/holds/<int:hold_id>/take", methods=("POST",))
    @cashier
    def take_hold(self, hold_id: int) -> Answer:
        """Take a cart that waits."""
        return jsonify(holding.take(_cookie(), hold_id))

    @expose("/receipts/<code>")
    @cashier
    def receipt(self, code: str) -> Answer:
        """What of a sale can still come back."""
        _here()
        return jsonify(returning.receipt(code))

    @expose("/receipts/<code>/paper")
    @cashier
    def paper(self, code: str) -> Answer:
        """The receipt for the roll; one that is printed again later needs the token of an override."""
        sale, is_copy = papers.printed(_cookie(), code, request.args.get("override", "")[:80])
        return views_paper.on_roll(sale, is_copy=is_copy)

    @expose("/receipts/<code>/pdf")
    @cashier
    def pdf(self, code: str) -> Answer:
        """The same as a file."""
        sale, is_copy = papers.printed(_cookie(), code, request.args.get("override", "")[:80])
        return views_paper.as_pdf(sale, is_copy=is_copy)

    @expose("/returns", methods=("POST",))
    @cashier
    def returns(self) -> Answer:
        """Take goods back."""
        return jsonify(returning.give_back(_cookie(), _sent()))

    @expose("/override", methods=("POST",))
    @cashier
    def override(self) -> Answer:
        """Somebody else allows something by PIN: a token good for once."""
        sent = allowing.asked(_sent())
        token, name = allowing.allow(_here(), sent.pin, sent.kind, sent.reason, sent.about)
        return jsonify({"token": token, "allowed_by": name})

    @expose("/lock", methods=("POST",))
    def lock(self) -> Answer:
        """Nobody sells here until somebody types a PIN."""
        require("sell", "cash_session")
        flask.session[AT_TILL] = {"locked": True}
        return jsonify({})

    @expose("/pin", methods=("GET", "POST"))
    def pin(self) -> Answer:
        """A new PIN of one's own, shown once."""
        require("sell", "cash_session")

        def do(_values: dict[str, Any]) -> str:
            return _("Your PIN is %(pin)s. It is shown only now.", pin=allowing.give_pin())

        note = _("It signs you in at a till, and allows there what a cashier may not. An older one is good no more.")
        return asked_at(Stand("/till/pin", "/profile/", []), Question(_("PIN for tills"), _("Give me a PIN"), do,
                                                                     note=note))  # fmt: skip

    @expose("/unlock", methods=("POST",))
    def unlock(self) -> Answer:
        """Whose PIN it is sells from now on; what else is open in this browser stays as it is."""
        require("sell", "cash_session")
        member = allowing.whose(allowing.asked(_sent()).pin, _here())
        theirs = seen_as(member.user_id, source="web")
        if theirs is None or ("sell", "cash_session") not in theirs.permissions:
            raise Forbidden(_("%(name)s may not sell here.", name=member.name))
        flask.session[AT_TILL] = {"user": member.user_id}
        return jsonify({"cashier": {"id": member.id, "name": member.name}})


class CashSessions(DocumentView):
    """The sessions' pages, with what each drawer took."""

    type_name = "cash_session"

    def tables(self, it: Opened) -> Sequence[LinesShown]:
        """How it was paid, and what went in and out besides."""
        return views_sessions.tables(it.row)


class Terminals(DocumentView):
    """The terminals' pages, with registering and revoking."""

    type_name = "terminal"

    def buttons(self, it: Opened) -> list[TaskButton]:
        """A code for a browser, or the end of it."""
        if not can("edit", "terminal"):
            return []
        found = [TaskButton(_("Register a browser"), f"{it.url}/code", "key")]
        if it.row.key_hash and not it.row.is_revoked:
            found.append(TaskButton(_("Revoke"), f"{it.url}/revoke", "ban"))
        return found

    @expose("/<int:row_id>/code", methods=("GET", "POST"))
    @allowed("edit")
    def code(self, row_id: int) -> Answer:
        """Make a code that registers a browser once."""
        it = self.opened(row_id)

        def do(_values: dict[str, Any]) -> str:
            code = registering.make_code(row_id)
            return _("Open /till/register in the till's browser and type %(code)s within half an hour.", code=code)

        note = _("The browser that is this till now sells on until the new one is registered.")
        return asked(it, "code", Question(_("Register a browser as %(name)s", name=it.number), _("Make a code"), do,
                                          note=note))  # fmt: skip

    @expose("/<int:row_id>/revoke", methods=("GET", "POST"))
    @allowed("edit")
    def revoke(self, row_id: int) -> Answer:
        """Ask once more before a till sells nothing any more."""
        it = self.opened(row_id)

        def do(_values: dict[str, Any]) -> str:
            registering.revoke(row_id)
            return _("This till sells nothing any more.")

        note = _("Whoever stands there is told at once. A new code brings it back.")
        return asked(it, "revoke", Question(_("Revoke %(name)s", name=it.number), _("Revoke"), do, note=note))
