"""Password hashes: Argon2id; older werkzeug hashes still open the door once and are then replaced."""

from __future__ import annotations

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from werkzeug.security import check_password_hash

_hasher = PasswordHasher()
NOBODYS = "$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHRzb21lc2FsdA$q3Wq0C9mBz6Hb0m1Y0uJYf0m0oX3o0mWqk0Gm1m2m3s"
"""A hash nothing matches: checked for unknown names so that they take as long as known ones."""


def hash_password(password: str) -> str:
    """The Argon2id hash to store."""
    return _hasher.hash(password)


def matches(stored: str, password: str) -> bool:
    """Whether the password belongs to the stored hash."""
    if not stored.startswith("$argon2"):
        return check_password_hash(stored, password)
    try:
        return _hasher.verify(stored, password)
    except (VerificationError, InvalidHashError):
        return False


def is_outdated(stored: str) -> bool:
    """Whether the hash should be made anew from the password just given."""
    return not stored.startswith("$argon2") or _hasher.check_needs_rehash(stored)
