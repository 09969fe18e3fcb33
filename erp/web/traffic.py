"""Every request has a number of its own, and one line in the log when it is answered."""

from __future__ import annotations

import logging
import re
import secrets
import time
from typing import Any

from flask import Flask, g, request
from werkzeug.routing import Rule

from erp import logs, metrics
from erp.data.base import connections_in_use, tally

log = logging.getLogger(__name__)
HEADER = "X-Request-ID"
NUMBER = re.compile(r"[\w-]{8,64}", re.ASCII)
"""What a proxy before us may call a request."""
UNKNOWN = "(unknown)"
"""The route of an address that is none of ours; what was typed there is not told."""
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
SILENT = frozenset({"/health/live", "/health/ready", "/static/dist/<path:name>", "/metrics"})
"""Asked for all day long by machines: a line of theirs is written when they fail only."""


def init_app(app: Flask) -> None:
    """Number and time every request; called before anything else registers a `before_request`."""
    app.before_request(_begin)
    app.after_request(_end)
    app.teardown_request(lambda _error: logs.begin())


def number() -> str:
    """The number of the request at hand, which its log lines carry."""
    found: str = g.get("request_number", "")
    return found


def route() -> str:
    """The rule the address fits, such as `/repair_order/<int:row_id>`: no ids, no tokens, no questions."""
    rule: Rule | None = request.url_rule
    return rule.rule if rule is not None else UNKNOWN


def _begin() -> None:
    given = request.headers.get(HEADER, "")
    g.request_number = given if NUMBER.fullmatch(given) else secrets.token_hex(8)
    g.request_began = time.perf_counter()
    tally.statements = 0
    logs.begin(request=g.request_number)


def _end(answer: Any) -> Any:
    answer.headers[HEADER] = number()
    seconds = time.perf_counter() - g.get("request_began", time.perf_counter())
    method = request.method if request.method in METHODS else "other"
    metrics.REQUESTS.labels(method, route(), answer.status_code).observe(seconds)
    metrics.STATEMENTS.inc(tally.statements)
    metrics.POOL.labels("app").set(connections_in_use())
    if route() not in SILENT or answer.status_code >= 400:
        log.info("answered", extra={"facts": _told(answer, seconds)})
    return answer


def _told(answer: Any, seconds: float) -> dict[str, Any]:
    ids = {name: value for name, value in (request.view_args or {}).items() if isinstance(value, int)}
    return {
        "method": request.method,
        "route": route(),
        **({"ids": ids} if ids else {}),
        "status": answer.status_code,
        "ms": round(seconds * 1000, 1),
        "queries": tally.statements,
    }
