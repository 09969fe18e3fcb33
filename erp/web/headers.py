"""What every answer carries and every form needs: content policy with nonces, no frames, no sniffing, CSRF tokens."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from flask import Flask
from flask_talisman import Talisman
from werkzeug.middleware.proxy_fix import ProxyFix

from erp.config import Settings
from erp.web.csrf import Protection

POLICY: dict[str, str] = {
    "default-src": "'self'",
    "script-src": "",
    "style-src": "'self'",
    "style-src-attr": "'unsafe-inline'",
    "img-src": "'self' data:",
    "font-src": "'self' data:",
    "connect-src": "'self'",
    "object-src": "'none'",
    "base-uri": "'none'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
}
"""Scripts run by their nonce alone."""


UNUSED = (
    "accelerometer", "autoplay", "browsing-topics", "camera", "display-capture", "encrypted-media", "geolocation",
    "gyroscope", "magnetometer", "microphone", "midi", "payment", "publickey-credentials-get", "usb",
)  # fmt: skip
"""What no page of ours asks of a device, so that nothing that slips into one can."""

F = TypeVar("F", bound=Callable[..., Any])


def framed(function: F) -> F:
    """Decorator of a route whose page may stand inside a page of our own, to look at: it sends nothing."""
    function.talisman_view_options = {  # type: ignore[attr-defined]
        "frame_options": "SAMEORIGIN",
        "content_security_policy": {**POLICY, "frame-ancestors": "'self'", "form-action": "'none'"},
    }
    return function


def init_app(app: Flask, settings: Settings) -> None:
    """Before Flask-AppBuilder: it exempts its JSON views from CSRF while they are registered."""
    app.config.update(
        # browsers keep a cookie called so only when it came over TLS from this very host
        SESSION_COOKIE_NAME="__Host-millrace" if settings.secure_cookies else "millrace",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_SSL_STRICT=settings.secure_cookies,
        MAX_CONTENT_LENGTH=(settings.max_upload_mb * 8 + 1) * 1024 * 1024,
        MAX_FORM_MEMORY_SIZE=8 * 1024 * 1024,
        MAX_FORM_PARTS=20_000,
    )
    if settings.secure_cookies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=1, x_proto=1, x_host=1)  # type: ignore[method-assign]
    Protection(app)
    Talisman(
        app,
        force_https=settings.secure_cookies,
        strict_transport_security=settings.secure_cookies,
        session_cookie_secure=settings.secure_cookies,
        content_security_policy=POLICY,
        content_security_policy_nonce_in=["script-src"],
        frame_options="DENY",
        referrer_policy="same-origin",
        permissions_policy=dict.fromkeys(UNUSED, "()"),
    )
    app.after_request(_private)


def _private(answer: Any) -> Any:
    """Pages hold one tenant's business: no cache between us and the browser keeps them."""
    answer.headers.setdefault("Cache-Control", "private, no-cache")
    answer.headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    answer.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
    return answer
