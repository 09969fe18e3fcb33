"""How outside calls are answered in the demo year where nobody will ever look at the paper."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any


def _delivered(_request: Any) -> dict[str, Any]:
    return {"delivered": "mailbox"}


def _quoted(request: Any) -> dict[str, Any]:
    return {"revision": request["revision"], "valid_until": request["content"]["valid_until"]}


def _receipted(request: Any) -> dict[str, Any]:
    return {"receipt": request["receipt"]}


ANSWERS: Mapping[str, Callable[[Any], Any]] = {
    "render_quotation": _quoted,
    "render_receipt": _receipted,
    "send_quotation": _delivered,
    "send_reminder": _delivered,
    "notify_ready": _delivered,
    "remind_uncollected": _delivered,
}
"""{action: its answer, made from the request}"""
