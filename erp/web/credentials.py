"""Names and passwords: checked as the platform, because nobody's tenant is known yet; counted, slow and limited."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC
from typing import Any

import sqlalchemy as sa
from flask_appbuilder.security.sqla.models import User
from flask_login import UserMixin

from erp import clock, metrics, passwords
from erp.access import Member
from erp.data import audit
from erp.data.audit import AuditEntry, PlatformEntry
from erp.data.base import system
from erp.web import known_devices
from erp.web.limits import SIGN_IN, WRONG, WRONG_NAME, limits, network

FAILED = "sign_in_failed"
"""Kind of the entries of failed attempts."""
TENANT = "tenant"
"""Where the session cookie keeps the tenant the person works in."""


@dataclass(frozen=True)
class Found:
    """A user's row as sign-in reads it."""

    id: int
    password: str
    is_active: bool


SESSION = "session"
"""Where the session cookie keeps the token of its row."""


class Person(UserMixin):
    """Whoever is signed in, as Flask-Login and Flask-AppBuilder want them; rights come from the context."""

    def __init__(self, user_id: int, name: str) -> None:
        self.id = user_id
        self.name = name
        self.first_name, _space, self.last_name = name.partition(" ")


def authenticate(name: str, password: str, device: str) -> int | None:
    """The id of the user with this name or e-mail and password, or None; counted, slow, and alike for unknown names.

    Raises TooManyRequests after five attempts in a minute from one address with one name, many wrong ones from it, or
    many wrong ones for one account from wherever it is not known.
    """
    name = name.strip()[:320]
    own, user = network(), _find(name)
    account = f"name {name.casefold()}" if user is None else f"user {user.id}"
    is_known = known_devices.is_known(-1 if user is None else user.id)
    beside = [(WRONG, own)] if is_known else [(WRONG, own), (WRONG_NAME, account)]
    limits.take(SIGN_IN, own, name.casefold(), beside=beside)
    stored = user.password if user is not None and user.is_active else passwords.NOBODYS
    right = passwords.matches(stored, password[: passwords.LONGEST]) and 0 < len(password) <= passwords.LONGEST
    is_in = user is not None and user.is_active and right
    renewed = passwords.hash_password(password) if is_in and passwords.is_outdated(stored) else ""
    metrics.SIGN_INS.labels("done" if is_in else "failed").inc()
    _count(user.id if user is not None else -1, is_in=is_in, renewed=renewed)
    if not is_in:
        _keep_failure(name, None if user is None else user.id, device)
        if not is_known:
            limits.take(WRONG_NAME, account)
        limits.take(WRONG, own)
    return user.id if user is not None and is_in else None


def _find(name: str) -> Found | None:
    statement = (
        sa.select(User.id, User.password, User.active)
        .where(sa.or_(User.username == name, sa.func.lower(User.email) == name.lower()))
        .order_by((User.username == name).desc())
        .limit(1)
    )
    with system() as current:
        row = current.execute(statement).first()
        return None if row is None else Found(row.id, row.password or passwords.NOBODYS, bool(row.active))


def _count(user_id: int, *, is_in: bool, renewed: str) -> None:
    """Keep count in the platform's own transaction; nobody's count is kept too, to take as long."""
    values: dict[str, Any] = {"fail_login_count": sa.func.coalesce(User.fail_login_count, 0) + 1}
    if is_in:
        values = {
            "fail_login_count": 0,
            "login_count": sa.func.coalesce(User.login_count, 0) + 1,
            "last_login": clock.now().astimezone(UTC).replace(tzinfo=None),
        }
    if renewed:
        values["password"] = renewed
    with system() as current:
        current.execute(
            sa.update(User).where(User.id == user_id).values(values).execution_options(synchronize_session=False)
        )


def _keep_failure(name: str, user_id: int | None, device: str) -> None:
    """For the installation, and in the audit of every company the name's person belongs to; alike for unknown names."""
    told = {"actor": name, "user_id": user_id, "item": device}
    entry = audit.values(FAILED, "ab_user", user_id or 0, **told)
    kept = {name: entry[name] for name in ("at", "kind", "user_id", "source", "address")}
    columns = [name for name in entry if name != "tenant_id"]
    given = [sa.literal(entry[name], AuditEntry.__table__.c[name].type) for name in columns]
    theirs = sa.select(Member.tenant_id, *given).where(Member.user_id == (user_id or 0), Member.is_active)
    with system() as current:
        current.execute(sa.insert(PlatformEntry).values(name=name[:200], device=device[:100], **kept))
        current.execute(sa.insert(AuditEntry).from_select(["tenant_id", *columns], theirs))
