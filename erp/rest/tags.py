"""Whoever has an answer already is told so: every GET of a resource has a tag, of a row its version."""

from __future__ import annotations

from typing import Any

from flask import Flask, request

from erp.web.guard import is_api


def init_app(app: Flask) -> None:
    """Called after `packing`, so that tags are of what is said, not of how it is packed."""
    app.after_request(_tagged)


def _tagged(answer: Any) -> Any:
    if request.method not in {"GET", "HEAD"} or not is_api() or answer.status_code != 200 or answer.is_streamed:
        return answer
    if "ETag" not in answer.headers and "no-store" not in answer.headers.get("Cache-Control", ""):
        answer.add_etag(weak=True)
    return answer.make_conditional(request)
