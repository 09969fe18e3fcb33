"""What programs send: read strictly, so that nothing odd gets further than here."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from decimal import Decimal
from functools import wraps
from http import HTTPStatus
from typing import Any, TypeVar

from flask import request
from sqlalchemy.exc import DataError
from werkzeug.exceptions import UnsupportedMediaType

from erp.access import require
from erp.errors import ErpError, Invalid, NotFound, UserError
from erp.i18n import _

F = TypeVar("F", bound=Callable[..., Any])
LARGEST = 2 * 1024 * 1024
"""Bytes of the largest JSON body; files have their own limit."""
DEEPEST = 16
PERMISSION = "_permission_name"
"""Where Flask-AppBuilder looks for the verb."""
LARGEST_ID = 2**63 - 1
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
ETAG = re.compile(r'(?:W/)?"(\d{1,18})"')
"""Proxies that pack an answer mark its tag as weak; it is the row's version all the same."""


class VersionRequired(ErpError):
    """Send the version you read in If-Match, for example If-Match: "3"."""

    status = HTTPStatus.PRECONDITION_REQUIRED
    code = "version_required"


def endpoint(verb: str = "") -> Callable[[F], F]:
    """Decorator of a resource's method: asks for the right to `verb` its type, and refuses what cannot be stored."""

    def decorate(function: F) -> F:
        @wraps(function)
        def run(self: Any, **ids: int | str) -> Any:
            if verb:
                require(verb, self.type_name)
            if any(isinstance(each, int) and each > LARGEST_ID for each in ids.values()):
                raise NotFound
            _check_texts((*request.args.keys(), *request.args.values()))
            try:
                return function(self, **ids)
            except DataError as error:
                raise Invalid(_("A value is too large or has a form that cannot be stored.")) from error

        if verb:
            setattr(run, PERMISSION, verb)
        return run  # type: ignore[return-value]

    return decorate


def _check_texts(texts: Iterable[str]) -> None:
    for text in texts:
        if UNSTORABLE.search(text):
            raise UserError(_("This text holds characters that cannot be stored."))


def body() -> Any:
    """The JSON that was sent; raises UserError for what is not JSON, 413 and 415 for what is too large or no JSON."""
    request.max_content_length = LARGEST
    if not request.is_json:
        raise UnsupportedMediaType
    content = request.get_data()
    try:
        found = json.loads(content, parse_float=Decimal, parse_constant=_refuse, object_pairs_hook=_once)
    except (ValueError, ArithmeticError, RecursionError):
        raise UserError(_("This is not JSON: %(hint)s", hint=_("check quotation marks, commas and numbers."))) from None
    _check(found, 0)
    return found


def _refuse(name: str) -> Any:
    raise ValueError(name)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError
    return found


def _check(value: Any, depth: int) -> None:
    if depth > DEEPEST:
        raise UserError(_("The JSON is nested too deeply."))
    if isinstance(value, str):
        _check_texts((value,))
    elif isinstance(value, dict):
        _check_texts(value)
        for each in value.values():
            _check(each, depth + 1)
    elif isinstance(value, list):
        for each in value:
            _check(each, depth + 1)


def wanted_version(sent: Any) -> int:
    """The version the program read: If-Match, or `version` in the JSON; raises VersionRequired without one."""
    header = request.headers.get("If-Match", "").strip()
    told = sent.get("version") if isinstance(sent, dict) else None
    if told is not None and (isinstance(told, bool) or not isinstance(told, int)):
        raise Invalid(fields={"version": _("Must be a whole number.")})
    if not header:
        if told is None:
            raise VersionRequired
        return told
    found = ETAG.fullmatch(header)
    if found is None:
        raise UserError(_('If-Match must be the version in quotation marks, for example "3".'))
    if told is not None and told != int(found[1]):
        raise UserError(_("If-Match and the version in the JSON differ."))
    return int(found[1])


def named_version(sent: Any) -> int | None:
    """As `wanted_version` where naming one is left to the program; None when it names none."""
    named = "If-Match" in request.headers or (isinstance(sent, dict) and sent.get("version") is not None)
    return wanted_version(sent) if named else None


def etag(version: int) -> str:
    """The version as a header's value."""
    return f'"{version}"'
