"""Tokens of forms, masked anew for each page, so that nothing secret is the same in two packed answers."""

from __future__ import annotations

import base64
import secrets

from flask import Flask
from flask_wtf.csrf import CSRFProtect, generate_csrf

LONGEST = 500


class Protection(CSRFProtect):
    """Flask-WTF's, for masked tokens; a bare one is taken too."""

    def init_app(self, app: Flask) -> None:
        """Protect every POST and give templates `csrf_token()`."""
        super().init_app(app)
        app.jinja_env.globals["csrf_token"] = masked
        app.context_processor(lambda: {"csrf_token": masked})

    def _get_csrf_token(self) -> str | None:
        sent: str | None = super()._get_csrf_token()
        return None if sent is None else bare(sent)


def masked() -> str:
    """The session's token, mixed with a mask that stands before it."""
    token = generate_csrf().encode()
    mask = secrets.token_bytes(len(token))
    return base64.urlsafe_b64encode(mask + _mixed(mask, token)).decode()


def bare(sent: str) -> str:
    """The token in a masked one; anything else as it came, for the check to refuse."""
    if "." in sent or len(sent) > LONGEST:
        return sent
    try:
        found = base64.urlsafe_b64decode(sent)
        half = len(found) // 2
        return _mixed(found[:half], found[half:]).decode()
    except ValueError:
        return sent


def _mixed(mask: bytes, text: bytes) -> bytes:
    return bytes(one ^ other for one, other in zip(mask, text, strict=True))
