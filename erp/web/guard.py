"""The way in of every request: who is acting is forgotten, found out anew, and nobody passes who has not signed in."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

from flask import Flask, Response, current_app, redirect, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response as BaseResponse

from erp import context
from erp.data.base import leave, session
from erp.errors import SignInRequired, UserError
from erp.i18n import _
from erp.web import languages
from erp.web.addresses import IdConverter
from erp.web.limits import DOOR, count_stranger, count_user, limits, network
from erp.web.tokens import enter_with_token

F = TypeVar("F", bound=Callable[..., Any])
PUBLIC = "__public__"
API = "/api/"


def public(function: F) -> F:
    """Decorator: this view may be asked for without signing in; it finds out itself who is acting."""
    setattr(function, PUBLIC, True)
    return function


def at_the_door(function: F) -> F:
    """Decorator: a public view people need before they sign in; counted widely, since an office has one address."""

    @functools.wraps(function)
    def run(*args: Any, **kwargs: Any) -> Any:
        limits.take(DOOR, network())
        return function(*args, **kwargs)

    return public(run)  # type: ignore[return-value]


def init_app(app: Flask) -> None:
    """Guard every request; called before anything else registers a `before_request`."""
    app.url_map.converters["int"] = IdConverter
    app.before_request(_come_in)
    app.teardown_request(_go_out)


def is_api() -> bool:
    """Whether the request is of the JSON way in."""
    return request.path.startswith(API)


def is_public() -> bool:
    """Whether the asked view needs nobody to be signed in."""
    view = current_app.view_functions.get(request.endpoint or "")
    return bool(getattr(view, PUBLIC, False))


def known(enter: Callable[[], context.Context]) -> context.Context:
    """Whom a program's credential makes the acting one; both those who are known and those who are not are counted."""
    try:
        acting = enter()
    except SignInRequired:
        count_stranger()
        raise
    count_user()
    if _writes():
        acting = replace(acting, request=f"{request.method} {request.path}")
        context.enter(acting)
    return acting


def _writes() -> bool:
    return request.method not in {"GET", "HEAD", "OPTIONS"}


def somebody() -> bool:
    """Whether somebody is signed in; asking makes them the acting one, so that errors too are in their language."""
    return bool(current_user.is_authenticated)


def _come_in() -> Response | BaseResponse | None:
    """Threads keep context variables between requests: forget who came before, then see who comes now."""
    context.reset()
    session.remove()
    nobody = languages.signed_out()
    source = "rest" if is_api() else nobody.source
    context.enter(replace(nobody, source=source, address=request.remote_addr or "", writes=_writes()))
    if b"%00" in request.query_string:
        raise UserError(_("This text holds characters that cannot be stored."))
    if request.endpoint is None:
        if is_api() or not somebody():
            count_stranger()
        return None
    if is_public():
        return None
    if is_api():
        known(enter_with_token)
        return None
    if somebody():
        return None
    if request.accept_mimetypes.best == "application/json" or request.method not in {"GET", "HEAD"}:
        raise SignInRequired(_("Sign in to go on."))
    return redirect(url_for("SignIn.login", next=request.full_path.rstrip("?")))


def _go_out(_error: BaseException | None) -> None:
    leave()
    context.reset()
