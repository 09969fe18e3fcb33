"""Every error becomes one page or one JSON shape: what happened, what to do, and a reference when it is our fault."""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import Any

import flask
from flask import Flask, current_app, g, render_template, request, url_for
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import InterfaceError, OperationalError
from werkzeug.exceptions import HTTPException

from erp.data.base import session
from erp.errors import ErpError, SignInRequired
from erp.i18n import _, _l
from erp.web import traffic
from erp.web.guard import is_api
from erp.web.shapes import ErrorView

log = logging.getLogger(__name__)
TITLES = {
    400: _l("This could not be done"),
    401: _l("Sign in first"),
    403: _l("You may not do this"),
    404: _l("There is nothing here"),
    405: _l("This address does not take that"),
    409: _l("Somebody was quicker"),
    412: _l("Somebody changed this meanwhile"),
    413: _l("This is too large"),
    415: _l("This kind of content is not understood"),
    422: _l("Something needs correcting"),
    429: _l("Too many attempts"),
    500: _l("Something went wrong on our side"),
    503: _l("The database does not answer"),
}
MESSAGES = {
    400: _l("The request was incomplete or damaged."),
    404: _l("The page does not exist, was removed, or is not yours to see."),
    405: _l("The page cannot be asked for in this way."),
    413: _l("What you sent is larger than this installation accepts."),
    415: _l("Send JSON."),
    500: _l("Nothing was changed. Tell whoever looks after this installation the number below: it leads to the cause."),
    503: _l("Nothing was changed. Try again in a minute."),
}
CODES = {
    400: "bad_request",
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
    415: "unsupported_media_type",
    429: "too_many_requests",
    500: "internal",
    503: "unavailable",
}
"""What programs are told of errors that are none of our own family."""
HELP = "/api/v1/errors"
TODO = {
    403: _l("If you need it for your work, ask whoever manages the roles of your company."),
    404: _l("Check the address, or go on from the overview."),
    409: _l("Look at what they did, then decide whether anything is left for you."),
    412: _l("Go back, load the page again and repeat your change."),
    413: _l("Send smaller files, or fewer of them at once."),
}


def init_app(app: Flask) -> None:
    """One handler for each family of errors."""
    app.register_error_handler(ErpError, _of_ours)
    app.register_error_handler(HTTPException, _of_http)
    app.register_error_handler(Exception, _unexpected)


def _of_ours(error: ErpError) -> Any:
    status = int(error.status)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return _unexpected(error)
    if isinstance(error, SignInRequired) and not _wants_json():
        flask.session.pop("_user_id", None)
    headers = {"Retry-After": str(error.detail["retry_after"])} if "retry_after" in error.detail else {}
    return _answer(status, error.message, error.as_json(), headers=headers, fields=error.fields)


def _of_http(error: HTTPException) -> Any:
    if error.code is None or error.response is not None or error.code < HTTPStatus.BAD_REQUEST:
        return error
    if error.code >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return _unexpected(getattr(error, "original_exception", None) or error)
    if isinstance(error, CSRFError):
        message = _(
            "This page stood open too long or your browser keeps no cookies. Load it again and repeat the step."
        )
    else:
        message = str(MESSAGES.get(error.code, MESSAGES[400]))
    headers = {name: value for name, value in error.get_headers() if name in {"Allow", "Retry-After"}}
    code = CODES.get(error.code, CODES[400])
    return _answer(error.code, message, _json(code, message), headers=headers)


def _unexpected(error: Exception) -> Any:
    """Log under the request's number; the page asks no database, which may be what broke."""
    reference = traffic.number()
    log.error("%s %s failed, reference %s", request.method, traffic.route(), reference, exc_info=error)
    if current_app.config.get("PROPAGATE_EXCEPTIONS"):
        raise error
    g.without_shell = True
    status = 503 if isinstance(error, OperationalError | InterfaceError) else 500
    message = str(MESSAGES[status])
    body = _json(CODES[status], message, {"reference": reference})
    return _answer(status, message, body, reference=reference)


def _json(code: str, message: str, detail: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"error": {"code": code, "message": message, "detail": detail or {}}}


def _wants_json() -> bool:
    best = request.accept_mimetypes.best_match(["text/html", "application/json"], default="text/html")
    return is_api() or best == "application/json"


def _answer(
    status: int,
    message: str,
    body: dict[str, Any],
    *,
    headers: dict[str, str] | None = None,
    fields: dict[str, str] | None = None,
    reference: str = "",
) -> Any:
    try:
        session.rollback()
    except (OperationalError, InterfaceError):
        session.remove()
    if _wants_json():
        return body, status, {**(headers or {}), "Link": f'<{HELP}#{body["error"]["code"]}>; rel="help"'}
    view = ErrorView(
        status=status,
        title=str(TITLES.get(status, TITLES[400])),
        message=" ".join([message, *(fields or {}).values()]),
        todo=str(TODO.get(status, "")),
        reference=reference,
        back_url=url_for("SignIn.login", next=_here()) if status == HTTPStatus.UNAUTHORIZED else "/",
        back_label=_("Sign in") if status == HTTPStatus.UNAUTHORIZED else _("To the overview"),
    )
    return render_template("millrace/error.html", view=view), status, headers or {}


def _here() -> str:
    return request.full_path.rstrip("?") if request.method in {"GET", "HEAD"} else "/"
