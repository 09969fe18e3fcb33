"""Which other sites' scripts may use the JSON way in: those of CORS_ORIGINS, without cookies, and no page ever."""

from __future__ import annotations

from typing import Any

from flask import Flask, Response, current_app, request

from erp.config import Settings
from erp.web.guard import is_api

METHODS = "GET, HEAD, POST, PUT, PATCH"
SENT = "Accept-Language, Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, X-Request-ID"
READ = (
    "ETag, Idempotency-Replayed, Link, Location, Retry-After, X-RateLimit-Limit, X-RateLimit-Remaining, "
    "X-RateLimit-Reset, X-Request-ID"
)
MINUTES = 10
"""How long a browser may remember what it was allowed."""


def init_app(app: Flask) -> None:
    """Called before the guard: a browser asks first without its token."""
    app.before_request(_ahead)
    app.after_request(_allowed)


def _origin() -> str:
    """The other site that asks and may; empty for none."""
    settings: Settings = current_app.config["MILLRACE"]
    origin = request.headers.get("Origin", "")
    return origin if is_api() and origin in settings.cors_origins else ""


def _ahead() -> Response | None:
    """The answer to a browser that asks whether it may ask."""
    if request.method != "OPTIONS" or "Access-Control-Request-Method" not in request.headers or not _origin():
        return None
    answer = Response(status=204)
    answer.headers["Access-Control-Allow-Methods"] = METHODS
    answer.headers["Access-Control-Allow-Headers"] = SENT
    answer.headers["Access-Control-Max-Age"] = str(MINUTES * 60)
    return answer


def _allowed(answer: Any) -> Any:
    settings: Settings = current_app.config["MILLRACE"]
    if not is_api() or not settings.cors_origins:
        return answer
    answer.vary.add("Origin")
    if origin := _origin():
        answer.headers["Access-Control-Allow-Origin"] = origin
        answer.headers["Access-Control-Expose-Headers"] = READ
    return answer
