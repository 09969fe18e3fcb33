"""Credentials of outside services: write-only for people, encrypted at rest, bound to tenant and name, never logged."""

from __future__ import annotations

import base64
import hashlib
import logging
import os
import secrets
import time
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import orm
from sqlalchemy.orm import Mapped, mapped_column

from erp import clock, context
from erp.card_numbers import without_card_numbers
from erp.config import Settings
from erp.data import audit
from erp.data.base import session
from erp.data.tenancy import TenantScoped
from erp.errors import Conflict, SetupError
from erp.i18n import _

log = logging.getLogger(__name__)
FILE = "keys"
"""File below `var` with the keys, one a line, the newest first; old ones stay, since old backups need them."""
OVERLAP = timedelta(days=7)
"""How long the value before is still accepted in what comes in, while the other side changes over."""
NONCE = 12
MASK = "•••"
SUBJECT = "credential"


class NotSet(Conflict):
    """A credential of an outside service is not set.

    Somebody who may must enter it in Outside services.
    """

    code = "credential_not_set"


class Credential(TenantScoped):
    """One secret of a provider; only ciphertext is kept, so a dump without the key file tells nothing."""

    __tablename__ = "credential"
    __table_args__ = (sa.UniqueConstraint("tenant_id", "provider", "name"),)
    provider: Mapped[str] = mapped_column(sa.String(60))
    name: Mapped[str] = mapped_column(sa.String(60))
    sealed: Mapped[str] = mapped_column(sa.Text())
    ending: Mapped[str] = mapped_column(sa.String(4))
    """Its last characters, so that people recognise it."""
    sealed_before: Mapped[str | None] = mapped_column(sa.Text())
    set_at: Mapped[datetime] = mapped_column(sa.DateTime(timezone=True))
    set_by: Mapped[str] = mapped_column(sa.String(200))


@dataclass(frozen=True)
class Present:
    """What people may know of a credential that is set."""

    ending: str
    set_at: datetime
    set_by: str


class Keys:
    """The installation's keys by id; the first seals, all open."""

    def __init__(self) -> None:
        self._path: Path | None = None
        self._known: dict[str, AESGCM] = {}

    def read(self, settings: Settings) -> None:
        """Take `CREDENTIAL_KEYS`, else the key file, which is made when there is none."""
        if settings.credential_keys:
            self._path, texts = None, list(settings.credential_keys)
        else:
            self._path = settings.var / FILE
            if not self._path.exists():
                _write(self._path, [_new_key()])
            texts = self._path.read_text().split()
        self._take(texts)

    def _take(self, texts: list[str]) -> None:
        found: dict[str, AESGCM] = {}
        for text in texts:
            try:
                raw = base64.urlsafe_b64decode(text)
                found[hashlib.sha256(raw).hexdigest()[:8]] = AESGCM(raw)
            except ValueError as error:
                raise SetupError("A credential key is not 32 bytes in base64; look at CREDENTIAL_KEYS.") from error
        self._known = found

    def add(self) -> None:
        """Put a new key before the others; raises SetupError where they come from CREDENTIAL_KEYS."""
        if self._path is None:
            raise SetupError(
                "Put the new key first in CREDENTIAL_KEYS, keep the old ones behind it, and run this again."
            )
        _write(self._path, [_new_key(), *self._path.read_text().split()], replace=True)
        self._take(self._path.read_text().split())

    def seal(self, value: str, bound_to: str) -> str:
        """Ciphertext with the id of its key."""
        key_id, key = next(iter(self._known.items()))
        nonce = secrets.token_bytes(NONCE)
        return f"{key_id}.{base64.b64encode(nonce + key.encrypt(nonce, value.encode(), bound_to.encode())).decode()}"

    def open(self, sealed: str, bound_to: str) -> str:
        """The value; raises SetupError when its key is gone or it was sealed for something else."""
        key_id, _dot, text = sealed.partition(".")
        if key_id not in self._known and self._path is not None:
            self._take(self._path.read_text().split())  # another process has rotated
        raw = base64.b64decode(text)
        try:
            return self._known[key_id].decrypt(raw[:NONCE], raw[NONCE:], bound_to.encode()).decode()
        except (KeyError, InvalidTag) as error:
            raise SetupError("A credential cannot be opened: its key is missing, or it was moved.") from error


def _new_key() -> str:
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()


def _write(path: Path, keys: list[str], *, replace: bool = False) -> None:
    """Write the key file whole or not at all; of two that make it at once the first wins."""
    path.parent.mkdir(mode=0o711, parents=True, exist_ok=True)
    made = path.with_name(f"{path.name}.{os.getpid()}")
    made.touch(mode=0o600)
    made.write_text("\n".join(keys) + "\n")
    if replace or not path.exists():
        made.replace(path)
    else:
        made.unlink()


keys = Keys()


def init(settings: Settings) -> None:
    """Read the keys, and hide card numbers and every credential this process opens from its logs."""
    keys.read(settings)
    if not isinstance(logging.getLogRecordFactory(), Masking):
        logging.setLogRecordFactory(Masking(logging.getLogRecordFactory()))


class Masking:
    """Makes log records without credentials this process has opened and without card numbers, tracebacks included."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    def __call__(self, *args: Any, **kwargs: Any) -> logging.LogRecord:
        """A record as the factory before makes it, without credentials."""
        record: logging.LogRecord = self._inner(*args, **kwargs)
        text = record.getMessage()
        if (shown := masked(text)) != text:
            record.template = record.msg if record.args else ""
            record.msg, record.args = shown, None
        if record.exc_info and record.exc_info[0] is not None:
            record.exc_text = masked("".join(traceback.format_exception(*record.exc_info)).rstrip())
        return record


_opened: set[str] = set()


def masked(text: str) -> str:
    """The text without any credential this process has opened, and without card numbers."""
    for value in _opened:
        text = text.replace(value, MASK)
    return without_card_numbers(text)


def _open(sealed: str, row: Credential) -> str:
    value = keys.open(sealed, _place(row.tenant_id, row.provider, row.name))
    _opened.add(value)
    return value


def _place(tenant_id: int | None, provider: str, name: str) -> str:
    return f"{tenant_id}\x1f{provider}\x1f{name}"


def put(provider: str, name: str, value: str) -> None:
    """Keep a credential of the acting tenant, in the running transaction; history tells only that it was set."""
    found = session().scalar(_one(provider, name).with_for_update())
    sealed = keys.seal(value, _place(context.current().tenant_id, provider, name))
    acting, now = context.current(), clock.now()
    _opened.add(value)
    if found is None:
        found = Credential(provider=provider, name=name)
        session().add(found)
    else:
        found.sealed_before = found.sealed
    found.sealed, found.ending, found.set_at, found.set_by = sealed, _ending(value), now, acting.name
    session().flush()
    audit.note("changed", SUBJECT, found.id, item=provider, **{name: [None, MASK]})


def _ending(value: str) -> str:
    """The last four characters of what is long enough to keep its secret all the same."""
    return value[-4:] if len(value) >= 16 else ""


def _one(provider: str, name: str) -> sa.Select[Credential]:
    return sa.select(Credential).where(Credential.provider == provider, Credential.name == name)


def present(provider: str) -> Mapping[str, Present]:
    """{name: what may be known} of a provider's credentials that are set."""
    rows = session().scalars(sa.select(Credential).where(Credential.provider == provider))
    return {row.name: Present(row.ending, row.set_at, row.set_by) for row in rows}


def credential(provider: str, name: str) -> str:
    """The acting tenant's credential; raises NotSet. Leaves no transaction open: what follows goes outside."""
    return accepted(provider, name)[0]


def accepted(provider: str, name: str) -> list[str]:
    """The credential, and the one before while the other side may still use it; raises NotSet."""
    with session.session_factory() as own:
        row = own.scalar(_one(provider, name))
    if row is None:
        raise NotSet(_("The credentials of %(provider)s are not set.", provider=provider))
    found = [_open(row.sealed, row)]
    if row.sealed_before is not None and row.set_at > clock.now() - OVERLAP:
        found.append(_open(row.sealed_before, row))
    return found


LATELY = 30.0
"""Seconds for which a process may go on with what it has opened lately."""
_lately: dict[str, tuple[float, list[str]]] = {}


def lately_accepted(provider: str, name: str) -> list[str]:
    """What `accepted` said in the last half minute, for what arrives by the hundred in a second; raises NotSet.

    Whoever is refused by these asks `accepted`: the other side may have changed over just now.
    """
    place = _place(context.current().tenant_id, provider, name)
    until, known = _lately.get(place, (0.0, []))
    if until < time.monotonic():
        known = accepted(provider, name)
        _lately[place] = (time.monotonic() + LATELY, known)
    return known


def everywhere(owner: orm.Session, provider: str) -> dict[int, dict[str, str]]:
    """{tenant: {name: value}} of a provider's credentials, in the owner's session; for the supervisor alone.

    One whose key is missing is left out: that tenant's pages say so, and nobody else waits for it.
    """
    found: dict[int, dict[str, str]] = {}
    for row in owner.scalars(sa.select(Credential).where(Credential.provider == provider)):
        try:
            found.setdefault(row.tenant_id, {})[row.name] = _open(row.sealed, row)
        except SetupError:
            log.warning("A credential of tenant %s cannot be opened: its key is missing", row.tenant_id)
    return found


def rotate(owner: orm.Session) -> int:
    """Seal every tenant's credentials with the newest key, in the owner's session; how many there were."""
    rows = owner.scalars(sa.select(Credential).with_for_update()).all()
    for row in rows:
        place = _place(row.tenant_id, row.provider, row.name)
        row.sealed = keys.seal(keys.open(row.sealed, place), place)
        if row.sealed_before is not None:
            row.sealed_before = keys.seal(keys.open(row.sealed_before, place), place)
    return len(rows)
