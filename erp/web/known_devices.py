"""From where somebody has come in before: there they are not slowed down while strangers guess at their password.

A browser keeps a signed cookie that says so and opens nothing; a program, or a browser without it, is known by an
address its person signed in from.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import flask
import sqlalchemy as sa
from flask import Response, request
from itsdangerous import BadSignature, URLSafeTimedSerializer

from erp import clock
from erp.data.base import system
from erp.sessions import UserSession
from erp.web.limits import network, network_of

COOKIE = "mr_device"
KEPT = timedelta(days=180)
"""How long a device is known without signing in anew."""
RECENT = timedelta(days=90)
"""How long an address is known; sessions that are over are kept so long."""
PEOPLE = 12
"""People one device is known for: a counter has several."""


def keep(user_id: int) -> None:
    """Let the answer to this request say that its person came in on this device."""
    flask.after_this_request(lambda answer: _with_cookie(answer, user_id))


def is_known(user_id: int) -> bool:
    """Whether this person came in on this device, or from this address lately; as slow for -1, who is nobody."""
    return (user_id in _people()) | _came_from_here(user_id)


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(flask.current_app.config["SECRET_KEY"], salt="known device")


def _people() -> list[int]:
    try:
        found: Any = _signer().loads(request.cookies.get(COOKIE, ""), max_age=round(KEPT.total_seconds()))
    except BadSignature:
        return []
    return found if isinstance(found, list) else []


def _with_cookie(answer: Response, user_id: int) -> Response:
    people = [user_id, *(each for each in _people() if each != user_id)][:PEOPLE]
    answer.set_cookie(
        COOKIE, str(_signer().dumps(people)), max_age=KEPT, samesite="Lax", httponly=True,
        secure=bool(flask.current_app.config["SESSION_COOKIE_SECURE"]),
    )  # fmt: skip
    return answer


def _came_from_here(user_id: int) -> bool:
    recent = UserSession.begun_at > clock.now() - RECENT
    addresses = sa.select(UserSession.address).where(UserSession.user_id == user_id, recent).distinct().limit(200)
    with system() as current:
        return network() in {network_of(each) for each in current.scalars(addresses) if each}
