"""A browser becomes a till by a code that is good for once, and is none any more as soon as somebody revokes it."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta

import sqlalchemy as sa

from erp import Invalid, NotFound, _, clock, current, require, session, transaction
from plugins.pos.models import Terminal

ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""Signs nobody takes for another."""
LENGTH = 10
GOOD_FOR = timedelta(minutes=30)


def secret_hash(secret: str) -> str:
    """What is kept of a code or key; both are too long to be guessed."""
    return hashlib.sha256(secret.encode()).hexdigest()


def make_code(terminal_id: int) -> str:
    """A new code for a terminal, shown once; an older one opens nothing any more. Raises Forbidden, NotFound."""
    require("edit", "terminal")
    code = "".join(secrets.choice(ALPHABET) for _sign in range(LENGTH))
    with transaction():
        found = _locked(Terminal.id == terminal_id)
        if found is None:
            raise NotFound
        found.code_hash, found.code_expires_at = secret_hash(code), clock.now() + GOOD_FOR
        session().flush()
    return f"{code[:5]}-{code[5:]}"


def revoke(terminal_id: int) -> None:
    """The terminal sells nothing from now on. Raises Forbidden, NotFound."""
    require("edit", "terminal")
    with transaction():
        found = _locked(Terminal.id == terminal_id)
        if found is None:
            raise NotFound
        found.is_revoked, found.code_hash, found.code_expires_at = True, None, None
        session().flush()


def register(code: str, device: str) -> str:
    """What the browser keeps from now on; the one that was this till before is none any more.

    Raises Invalid at `code` for one that is wrong, used or too old.
    """
    plain = code.strip().upper().replace("-", "").replace(" ", "")
    with transaction():
        found = _locked(Terminal.code_hash == secret_hash(plain))
        if found is None or found.code_expires_at is None or found.code_expires_at < clock.now():
            raise Invalid(fields={"code": _("This code is wrong, used or too old. Ask a manager for a new one.")})
        secret = secrets.token_urlsafe(32)
        found.key_hash, found.code_hash, found.code_expires_at = secret_hash(secret), None, None
        found.registered_at, found.device, found.is_revoked = clock.now(), device[:200], False
        session().flush()
        return f"{current().tenant_id}.{found.id}.{secret}"


def shown(cookie: str) -> tuple[int, str]:
    """(terminal, secret) of what a browser keeps; (0, "") where it is none of ours or another company's."""
    tenant, _dot, rest = cookie.partition(".")
    terminal_id, _dot, secret = rest.partition(".")
    is_ours = tenant == str(current().tenant_id) and terminal_id.isdecimal() and len(terminal_id) <= 18
    return (int(terminal_id), secret) if is_ours else (0, "")


def _locked(which: sa.ColumnElement[bool]) -> Terminal | None:
    return session().scalar(sa.select(Terminal).where(which).with_for_update())
