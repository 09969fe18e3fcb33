"""Password hashes: Argon2id; older werkzeug hashes still open the door once and are then replaced."""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import StrEnum

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from werkzeug.security import check_password_hash

_hasher = PasswordHasher()
SHORTEST, LONGEST = 10, 1024
"""Characters of a password; longer ones would only make the hash slow."""
COMMON = frozenset({
    "1234567890", "12345678910", "0123456789", "0987654321", "1q2w3e4r5t", "1qaz2wsx3edc", "1234512345",
    "1111111111", "0000000000", "123456789a", "123456789q", "qwertyuiop", "qwerty1234", "qwerty12345",
    "qwerty123456", "qwertyuiop123", "asdfghjkl1", "asdfghjkl;", "zxcvbnm123", "password12", "password123",
    "password1234", "passw0rd12", "passw0rd123", "p@ssw0rd12", "p@ssword123", "mypassword", "changeme12",
    "changeme123", "administrator", "adminadmin", "admin12345", "admin123456", "welcome123", "welcome1234",
    "letmein123", "letmein1234", "iloveyou12", "iloveyou123", "iloveyou1234", "sunshine12", "sunshine123",
    "princess12", "princess123", "football12", "football123", "baseball12", "superman12", "superman123",
    "michael123", "charlie123", "computer12", "computer123", "whatever12", "trustno1234", "abcdefghij",
    "abcdefghijk", "abcd123456", "abc1234567", "a123456789", "aa12345678", "aaaaaaaaaa", "qqqqqqqqqq", "asdasdasd1",
    "google1234", "internet12", "secret1234", "secret12345", "default123", "monkey1234", "dragon1234", "liverpool1",
    "liverpool12", "arsenal123", "chelsea123", "manchester", "nairobi123", "kenya12345", "mombasa123", "millrace12",
    "millrace123", "millrace1234",
})  # fmt: skip
"""Those that are tried first: of lists of leaked passwords, the ones long enough to pass otherwise."""


class Weakness(StrEnum):
    """Why a password will not do."""

    SHORT = "short"
    LONG = "long"
    NAME = "name"
    COMMON = "common"


def weakness(password: str, names: Iterable[str]) -> Weakness | None:
    """Why a new password will not do, None when it will; `names` are its owner's, in any spelling."""
    if len(password) < SHORTEST:
        return Weakness.SHORT
    if len(password) > LONGEST:
        return Weakness.LONG
    plain = _letters(password)
    if any(plain == _letters(name) for each in names for name in (each, each.partition("@")[0])):
        return Weakness.NAME
    if password.casefold() in COMMON or len(set(password)) < 4:
        return Weakness.COMMON
    return None


def _letters(text: str) -> str:
    """The text without what people put between or after a name to lengthen it."""
    return re.sub(r"[\W\d_]+", "", text.casefold()) or text.casefold()


NOBODYS = "$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHRzb21lc2FsdA$q3Wq0C9mBz6Hb0m1Y0uJYf0m0oX3o0mWqk0Gm1m2m3s"
"""A hash nothing matches: checked for unknown names so that they take as long as known ones."""


def use_hasher(hasher: PasswordHasher) -> None:
    """Hash with this one from now on; tests, which make hundreds of people, take a cheap one."""
    global _hasher
    _hasher = hasher


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
