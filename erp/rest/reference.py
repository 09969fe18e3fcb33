"""The pages for programmers: the resources to look up and try, and every code an error may carry."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import flask
from flask import Response, redirect, request, url_for
from flask_appbuilder import BaseView, expose
from werkzeug.wrappers import Response as BaseResponse

from erp import api_keys, context
from erp.errors import ErpError, SignInRequired
from erp.i18n import N_, _
from erp.rest.description import described
from erp.web import errors, tokens
from erp.web.guard import public, somebody

REMEDIES = {
    400: N_("Read the message, mend the request and send it again."),
    401: N_("Send an access token or an API key: Authorization: Bearer …"),
    403: N_("Ask whoever manages the roles of the company, or use the key of somebody who may."),
    404: N_("Check the address and the id. What belongs to another company looks the same as what is not there."),
    405: N_("The header Allow names what the address takes."),
    409: N_("Read it again, see what the other did, and decide whether anything is left to do."),
    412: N_("Read it again, make the change on what stands there now, and send it with the new version."),
    413: N_("Send less at once."),
    415: N_("Send JSON with the header Content-Type: application/json, files as multipart/form-data."),
    422: N_("detail.fields has a sentence for each field: mend these and send it again."),
    428: N_("Read the row and send its ETag back in If-Match."),
    429: N_("Wait as many seconds as the header Retry-After says."),
    500: N_(
        "Send it again with the same Idempotency-Key; if it stays so, tell whoever runs this the detail.reference."
    ),
    503: N_("Send it again in a minute, with the same Idempotency-Key."),
}
"""What to do, by status; an error's own docstring says more where there is more to say."""

EXAMPLE = '{"error": {"code": "invalid", "message": "…", "detail": {"fields": {"phone": "…"}}}}'


@dataclass(frozen=True)
class Code:
    """What stands in `error.code`."""

    code: str
    status: int
    meaning: str
    remedy: str


class Reference(BaseView):
    """Pages beside the resources: they take the cookie of who is signed in, the resources do not."""

    route_base = "/api/v1"
    default_view = "docs"

    @expose("/docs")
    @public
    def docs(self) -> Any:
        """The resources of the tenant, to read and to try."""
        page = {"title": _("For programs"), "example": f"{api_keys.PREFIX}…"}
        return _to_sign_in() or self.render_template("millrace/api_docs.html", **page)

    @expose("/docs/openapi.json")
    @public
    def description(self) -> Any:
        """The description that page shows: the one programs get."""
        if not somebody():
            raise SignInRequired
        return described()

    @expose("/docs/token", methods=["POST"])
    @public
    def token(self) -> Any:
        """A token to try with, as whoever is signed in; the form's own token keeps other sites from asking."""
        if not somebody():
            raise SignInRequired
        answer: Response = flask.jsonify(
            access_token=tokens.access_token(context.current(), fresh=False),
            expires_in=int(tokens.ACCESS.total_seconds()),
        )
        answer.headers["Cache-Control"] = "no-store"
        return answer

    @expose("/errors")
    @public
    def error_codes(self) -> Any:
        """Every code, what it means and what to do; as JSON for who asks so."""
        somebody()
        if request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json":
            return flask.jsonify(codes=[vars(each) for each in codes()])
        page = {"title": _("Error codes"), "example": EXAMPLE, "codes": codes()}
        return self.render_template("millrace/api_errors.html", **page)


def _to_sign_in() -> BaseResponse | None:
    return None if somebody() else redirect(url_for("SignIn.login", next=request.path))


def codes() -> list[Code]:
    """What programs may be told, by status and code; what is our own fault is one code for all of it."""
    found: dict[str, Code] = {}
    for cls in _family(ErpError):
        if int(cls.status) < HTTPStatus.INTERNAL_SERVER_ERROR and "code" in vars(cls):
            # of several classes with one code the first gave it its meaning
            found.setdefault(cls.code, _told(cls.code, int(cls.status), inspect.getdoc(cls) or ""))
    for status, code in errors.CODES.items():
        found.setdefault(code, _told(code, status, str(errors.MESSAGES.get(status, ""))))
    return sorted(found.values(), key=lambda each: (each.status, each.code))


def _told(code: str, status: int, documentation: str) -> Code:
    meaning, _line, more = documentation.partition("\n")
    remedy = " ".join(more.split()) or REMEDIES.get(status, "")
    return Code(code, status, _(meaning), _(remedy) if remedy else "")


def _family(cls: type[ErpError]) -> Iterator[type[ErpError]]:
    for child in cls.__subclasses__():
        yield child
        yield from _family(child)
