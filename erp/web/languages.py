"""Which language a page is in: the member's own, else the browser's cookie, else what the browser asks for."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import current_app, has_request_context, request

from erp import context
from erp.context import NOBODY, Context

COOKIE = "mr_language"
YEAR = 365 * 24 * 3600


def offered() -> tuple[str, ...]:
    """The installation's languages, the first being its own."""
    found: tuple[str, ...] = current_app.config["MILLRACE"].languages
    return found


def chosen() -> str:
    """The language of this browser."""
    cookie = request.cookies.get(COOKIE, "")
    return cookie if cookie in offered() else request.accept_languages.best_match(offered()) or offered()[0]


def signed_out() -> Context:
    """Nobody, in the browser's language."""
    return replace(NOBODY, language=chosen(), source="web")


def current(*_args: Any) -> str:
    """The acting language, for libraries that ask."""
    return context.current().language if has_request_context() else "en"
