"""Accounts of people: made when an invitation is taken, and their passwords changed by their owners alone.

An account belongs to the installation, not to a tenant, so it is written as the platform; memberships are the tenant's.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from flask_appbuilder.security.sqla.models import User
from itsdangerous import BadSignature, URLSafeSerializer
from sqlalchemy.exc import IntegrityError

from erp import clock, context, passwords, sessions
from erp.access import Member, enter_as
from erp.config import settings
from erp.data import audit
from erp.data.base import repeated, session, system
from erp.data.organisation import Tenant
from erp.errors import Invalid, NotFound
from erp.i18n import _, _l
from erp.mail import Mail
from erp.passwords import SHORTEST, Weakness
from erp.people import letters
from erp.people.letters import NotNeeded, Written

SALT = "password"
HOURS = 1
"""How long a link to a new password opens."""
USERNAME = re.compile(r"[\w.@-]{2,60}")
EMAIL = re.compile(r"[^@\s<>]+@[^@\s<>]+\.[^@\s<>.]+")
SUBJECT = "tenant_member"
"""Under which history keeps what becomes of a member."""


class ResetGone(NotFound):
    """This link to a new password was used, or has expired."""

    code = "link_gone"


@dataclass(frozen=True)
class Account:
    """Who signs in, without their password."""

    user_id: int
    username: str
    name: str
    email: str


# -- what makes sense ------------------------------------------------------------------------------------


def checked_password(password: str, again: str, *names: str) -> dict[str, str]:
    """{field: what is wrong} of a new password typed twice; `names` are what must not serve as one."""
    match passwords.weakness(password, names):
        case Weakness.SHORT:
            return {"password": _("At least %(count)s characters.", count=SHORTEST)}
        case Weakness.LONG:
            return {"password": _("At most %(count)s characters.", count=passwords.LONGEST)}
        case Weakness.NAME:
            return {"password": _("Choose something else than your name or address.")}
        case Weakness.COMMON:
            return {"password": _("Too many people use this one. Choose another, such as four words of your own.")}
    return {} if password == again else {"again": _("This is not the same password.")}


def checked_person(name: str, email: str, username: str) -> dict[str, str]:
    """{field: what is wrong} of a person's name, address and user name."""
    errors: dict[str, str] = {}
    if not name.strip():
        errors["name"] = _("Fill this in.")
    if not EMAIL.fullmatch(email.strip()) or len(email) > 200:
        errors["email"] = _("“%(text)s” is not an e-mail address.", text=email.strip())
    if not USERNAME.fullmatch(username.strip()):
        errors["username"] = _("Use letters, digits, dots and dashes, at least two.")
    return errors


# -- accounts --------------------------------------------------------------------------------------------


def make(name: str, email: str, username: str, password: str) -> int:
    """A new account; raises Invalid at `username` when somebody signs in by that name or address already."""
    first, _space, last = name.strip().partition(" ")
    values = {
        "username": username.strip(), "first_name": first[:64], "last_name": last[:64] or "-", "email": email.strip(),
        "active": True, "password": passwords.hash_password(password), "login_count": 0, "fail_login_count": 0,
        "created_on": _naive(clock.now()), "changed_on": _naive(clock.now()), "created_by_fk": None,
        "changed_by_fk": None,
    }  # fmt: skip
    try:
        with system() as current:
            return int(current.execute(sa.insert(User).values(**values).returning(User.id)).scalar_one())
    except IntegrityError:
        taken = _("Somebody uses this name or address already. If it is you, sign in and join with your account.")
        raise Invalid(fields={"username": taken}) from None


def own() -> Account:
    """The acting person's account; raises NotFound for who has none."""
    return _account(User.id == (context.current().user_id or 0))


def _account(condition: Any) -> Account:
    with system() as current:
        columns = (User.id, User.username, User.first_name, User.last_name, User.email)
        row = current.execute(sa.select(*columns).where(condition)).first()
    if row is None:
        raise NotFound
    return Account(row.id, row.username, f"{row.first_name} {row.last_name}".strip(" -"), row.email)


def move(email: str, password: str) -> None:
    """Change the acting person's address, by which they sign in and reset their password; needs the password."""
    account = own()
    errors = {} if EMAIL.fullmatch(email.strip()) else checked_person("x", email, "xx")
    if not errors and not _is_right(account.user_id, password):
        errors["password"] = _("This is not your password.")
    if errors:
        raise Invalid(fields=errors)
    try:
        _write(account.user_id, {"email": email.strip()})
    except IntegrityError:
        raise Invalid(fields={"email": _("This address cannot be used here. Choose another.")}) from None
    _noted("changed", email=[account.email, email.strip()])


@repeated
def describe(name: str, phone: str, language: str, calendar: str, theme: str) -> None:
    """Change how the acting member is called and likes to read; raises Invalid at `name`."""
    if not name.strip():
        raise Invalid(fields={"name": _("Fill this in.")})
    member = session().get_one(Member, context.current().member_id)
    wished = {"name": name.strip()[:200], "phone": phone.strip()[:40], "language": language, "calendar": calendar}
    before = {key: getattr(member, key) for key in ("name", "phone")}
    for key, value in {**wished, "theme": theme}.items():
        setattr(member, key, value)
    for key, old in before.items():
        if old != wished[key]:
            _noted("changed", **{key: [old, wished[key]]})


# -- passwords -------------------------------------------------------------------------------------------


def change_password(old: str, new: str, again: str) -> None:
    """Change the acting person's own password; their other sessions end. Raises Invalid at the field that is wrong."""
    account = own()
    errors = checked_password(new, again, account.username, account.email, account.name)
    if not _is_right(account.user_id, old):
        errors["old"] = _("This is not your password.")
    if errors:
        raise Invalid(fields=errors)
    _write(account.user_id, {"password": passwords.hash_password(new)})
    sessions.end_all(account.user_id, but=context.current().session_id)
    _noted("password_changed")


def _is_right(user_id: int, password: str) -> bool:
    return passwords.matches(_stored(user_id), password[: passwords.LONGEST])


def _stored(user_id: int) -> str:
    with system() as current:
        found = current.scalar(sa.select(User.password).where(User.id == user_id, User.active))
    return found or passwords.NOBODYS


def _write(user_id: int, values: Mapping[str, Any]) -> None:
    with system() as current:
        changed = {**values, "changed_on": _naive(clock.now())}
        statement = sa.update(User).where(User.id == user_id).values(**changed)
        current.execute(statement.execution_options(synchronize_session=False))


@repeated
def _noted(kind: str, **changes: list[Any]) -> None:
    audit.note(kind, SUBJECT, context.current().member_id or 0, item="", **changes)


def find(name: str) -> int | None:
    """Who goes by this user name or address."""
    text = name.strip()[:320]
    condition = sa.or_(User.username == text, sa.func.lower(User.email) == text.lower())
    with system() as current:
        order = (User.username == text).desc()
        return current.scalar(sa.select(User.id).where(condition, User.active).order_by(order).limit(1))


def ask_reset(user_id: int) -> None:
    """Mail a person a link to a new password, in the name of the first company they belong to."""
    if enter_as(user_id, None, source="link") is not None:
        send_reset(user_id)


@repeated
def send_reset(user_id: int) -> None:
    """Leave the mail with the link behind, in the acting tenant's name."""
    letters.leave(letters.RESET, {"user": user_id, "at": clock.now().isoformat()})


def reset_token(user_id: int, at: datetime) -> str:
    """The token of a link: it says whose and when, and dies with the password it replaces."""
    return str(_signer().dumps([user_id, int(at.timestamp()), _fingerprint(user_id)]))


def reset_opened(token: str) -> Account:
    """Whose password a link replaces; raises ResetGone when it is made up, used or older than an hour."""
    try:
        user_id, at, mark = _signer().loads(token)
    except (BadSignature, ValueError, TypeError):
        raise _gone() from None
    too_old = clock.now() - datetime.fromtimestamp(at, UTC) > timedelta(hours=HOURS)
    if too_old or mark != _fingerprint(user_id):
        raise _gone()
    return _account(sa.and_(User.id == user_id, User.active))


def reset_password(token: str, new: str, again: str) -> None:
    """Replace the password a link is for; raises ResetGone, or Invalid at `password` or `again`."""
    account = reset_opened(token)
    if errors := checked_password(new, again, account.username, account.email, account.name):
        raise Invalid(fields=errors)
    _write(account.user_id, {"password": passwords.hash_password(new), "fail_login_count": 0})
    sessions.end_all(account.user_id)
    for tenant_id in tenants_of(account.user_id):
        if enter_as(account.user_id, tenant_id, source="link") is not None:
            _noted("password_reset")
        session.remove()
    context.reset()


def write_reset(request: Mapping[str, Any]) -> Written:
    """The mail with the link to a new password, for the person alone."""
    at = datetime.fromisoformat(request["at"])
    member = session().scalar(sa.select(Member).where(Member.user_id == request["user"], Member.is_active))
    if member is None:
        raise NotNeeded
    account = _account(User.id == request["user"])
    link = f"{settings().address}/password/{reset_token(account.user_id, at)}"
    with context.acting(language=member.language):
        text = _(
            "Hello %(name)s,\n\nwith this address you choose a new password for %(username)s:\n\n%(link)s\n\nIt opens "
            "once, within an hour. If you did not ask for it, do nothing: your password stays as it is.",
            name=member.name, username=account.username, link=link,
        )  # fmt: skip
        subject = _("A new password for Millrace")
    return Written(Mail(account.email, subject, text, language=member.language, at=at), is_private=True)


def tenants_of(user_id: int) -> list[int]:
    """The active tenants in which a user is an active member."""
    with system() as current:
        statement = (
            sa.select(Member.tenant_id)
            .join(Tenant, Tenant.id == Member.tenant_id)
            .where(Member.user_id == user_id, Member.is_active, Tenant.status == "active")
            .order_by(Member.id)
        )
        return list(current.scalars(statement))


def _gone() -> ResetGone:
    return ResetGone(_l("This link was used already, or it is older than an hour. Ask for a new one."))


def _fingerprint(user_id: int) -> str:
    """Tells whether the password is still the one the link was made for, and nothing of it."""
    key = settings().secret_key.encode()[:64]
    return hashlib.blake2b(f"{user_id}.{_stored(user_id)}".encode(), key=key, digest_size=16).hexdigest()


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(settings().secret_key, salt=SALT)


def _naive(moment: datetime) -> datetime:
    """As Flask-AppBuilder's columns keep moments: in UTC, without saying so."""
    return moment.astimezone(UTC).replace(tzinfo=None)
