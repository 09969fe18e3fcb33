"""Programs' ways in: a token given for name and password, or an API key, sent as `Authorization: Bearer`."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from typing import Any

from flask import Flask, current_app, request
from flask_jwt_extended import create_access_token, create_refresh_token, decode_token
from flask_jwt_extended.exceptions import JWTExtendedException
from jwt.exceptions import PyJWTError

from erp import access, api_keys, context, sessions
from erp.context import Context
from erp.errors import SignInRequired
from erp.i18n import _
from erp.sessions import Proof
from erp.web import languages

ACCESS = timedelta(minutes=15)
SESSION, TURN = "session", "turn"
"""Claims: the row of the session, and the name of the one refresh token that may be used next."""
KNOWN, MOST_KNOWN = "known_tokens", 1000


def init_app(app: Flask) -> None:
    """How long tokens live."""
    app.config.update(
        JWT_ACCESS_TOKEN_EXPIRES=ACCESS,
        JWT_REFRESH_TOKEN_EXPIRES=sessions.REFRESH,
        JWT_TOKEN_LOCATION=["headers"],
        JWT_ERROR_MESSAGE_KEY="message",
    )


def access_token(acting: Context, *, fresh: bool) -> str:
    """A token to act with in this tenant for a quarter of an hour, and no longer than the session lasts."""
    own = {"tenant": acting.tenant_id, SESSION: acting.session_id}
    found: str = create_access_token(str(acting.user_id), fresh=fresh, additional_claims=own)
    return found


def pair(acting: Context, turn: str, *, fresh: bool) -> dict[str, Any]:
    """A token to act with in this tenant and session for a quarter of an hour, and one that buys the next pair once."""
    own = {"tenant": acting.tenant_id, SESSION: acting.session_id}
    return {
        "access_token": access_token(acting, fresh=fresh),
        "refresh_token": create_refresh_token(str(acting.user_id), additional_claims={**own, TURN: turn}),
        "token_type": "Bearer",
        "expires_in": int(ACCESS.total_seconds()),
        "tenant": acting.tenant_id,
    }


def bearer() -> str:
    """The credential that was sent, empty for none."""
    kind, _space, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if kind.lower() == "bearer" else ""


def enter_with_token() -> Context:
    """Act as whoever the credential belongs to; raises SignInRequired. A browser's cookie opens nothing here."""
    token = bearer()
    if not token:
        raise SignInRequired(_("Send an access token or an API key: `Authorization: Bearer …`."))
    acting = _by_key(token) if token.startswith(api_keys.PREFIX) else enter_with_claims(claims(token, "access"))
    if acting is None:
        raise SignInRequired(_("This key is unknown, has expired or was revoked."))
    return acting


def _by_key(token: str) -> Context | None:
    holder = api_keys.holder(token)
    if holder is None:
        return None
    acting = access.enter_as(holder.user_id, holder.tenant_id, source="rest", language=_asked(), scope=holder.scope)
    if acting is not None:
        acting = replace(acting, key_id=holder.key_id)
        context.enter(acting)
    return acting


def claims(token: str, kind: str) -> dict[str, Any]:
    """What a token of this kind says; raises SignInRequired when it is damaged, expired or of the other kind."""
    try:
        found = _decoded(token)
    except (JWTExtendedException, PyJWTError, ValueError, KeyError):
        raise SignInRequired(_("This token is damaged or has expired. Sign in again.")) from None
    if found.get("type") != kind:
        raise SignInRequired(_("This token is not for this use."))
    return found


def _decoded(token: str) -> dict[str, Any]:
    """What a token says. One that was found good is not unfolded again by each request, only asked whether it expired.

    Whether its session is open is asked every time.
    """
    known: dict[bytes, dict[str, Any]] = current_app.extensions.setdefault(KNOWN, {})
    key = sha256(token.encode()).digest()
    found = known.get(key)
    if found is None or found["exp"] <= time.time():
        known.pop(key, None)
        found = decode_token(token)
        if len(known) >= MOST_KNOWN:
            known.clear()
        known[key] = found
    return dict(found)


def enter_with_claims(found: dict[str, Any]) -> Context:
    """Act as the token's person in the token's tenant, if they still belong to it and their session is open."""
    proof = Proof(session_id=found.get(SESSION) or 0)
    acting = access.enter_as(int(found["sub"]), found["tenant"], source="rest", language=_asked(), proof=proof)
    if acting is None:
        raise SignInRequired(_("Your session was ended, or you no longer belong to this company. Sign in again."))
    return acting


def _asked() -> str:
    """The language the program asks for; empty leaves the member's own."""
    return request.accept_languages.best_match(languages.offered()) or "" if request.accept_languages else ""
