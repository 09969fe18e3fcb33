"""An installation's own wording: texts of the catalogues that a speaker has corrected, or has read and found right.

Shipped catalogues mark what a machine wrote with a comment; the mark is gone once somebody here has read the text.
"""

from __future__ import annotations

import io
import logging
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

import sqlalchemy as sa
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po, write_po
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Mapped, mapped_column

from erp import clock, context, i18n
from erp.access import require
from erp.config import settings
from erp.data import audit
from erp.data.base import Base, repeated, system
from erp.errors import Invalid, NotFound
from erp.i18n import _

SUBJECT = "installation"
MACHINE = "machine-made"
"""Comment in a catalogue: no speaker has read this text yet."""
FRESH = 10.0
"""Seconds a process may still show the wording of before."""
LONGEST = 2000
NOTHING: Mapping[str, str] = MappingProxyType({})
log = logging.getLogger(__name__)
FILLED = re.compile(r"%\(\w+\)[sd]|%%|\{\w*\}")


class Wording(Base):
    """A text as this installation says it, by whoever read it last; `text` is empty where the shipped one is right."""

    __tablename__ = "wording"
    __table_args__ = (sa.UniqueConstraint("language", "message"),)
    id: Mapped[int] = mapped_column(sa.BigInteger, sa.Identity(always=False), primary_key=True)
    language: Mapped[str] = mapped_column(sa.String(12))
    message: Mapped[str] = mapped_column(sa.String(LONGEST))
    text: Mapped[str] = mapped_column(sa.String(LONGEST), default="")
    read_by: Mapped[str] = mapped_column(sa.String(200))
    read_at: Mapped[datetime] = mapped_column(sa.DateTime(timezone=True))


@dataclass(frozen=True)
class Entry:
    """A text of a catalogue: as it is shipped and as it is shown."""

    message: str
    shipped: str
    own: str = ""
    is_machine_made: bool = False
    read_by: str = ""
    read_at: datetime | None = None

    @property
    def text(self) -> str:
        """What people see; empty where they see the English text."""
        return self.own or self.shipped

    @property
    def is_unread(self) -> bool:
        """Whether a machine wrote it and nobody has read it."""
        return self.is_machine_made and not self.read_by


@dataclass(frozen=True)
class Coverage:
    """How far a language is."""

    language: str
    total: int
    translated: int
    unread: int


def init() -> None:
    """Let texts be looked up in the installation's own wording first."""
    _kept.clear()
    i18n.use_wording(own)


def languages() -> list[str]:
    """The languages there are catalogues of, and those the installation offers, without English."""
    found = {path.parent.parent.name for path in i18n.catalogues("*")} | set(settings().languages)
    return sorted(found - {"en"})


_kept: dict[str, tuple[float, Mapping[str, str]]] = {}


def own(language: str) -> Mapping[str, str]:
    """{message: text} of what this installation says in its own words; read anew every few seconds."""
    if language == "en":
        return NOTHING
    known = _kept.get(language)
    now = time.monotonic()
    if known is not None and now - known[0] < FRESH:
        return known[1]
    statement = sa.select(Wording.message, Wording.text).where(Wording.language == language, Wording.text != "")
    try:
        with system() as current:
            found: Mapping[str, str] = {row.message: row.text for row in current.execute(statement)}
    except SQLAlchemyError:
        # the page that says so is written in texts too
        log.warning("The database does not answer; texts are said as before")
        found = NOTHING if known is None else known[1]
    _kept[language] = (now, found)
    return found


def entries(language: str) -> list[Entry]:
    """Every text of a language, in the order of the English ones; those with plural forms are left to the files."""
    require("list", SUBJECT)
    with system() as current:
        rows = {row.message: row for row in current.scalars(sa.select(Wording).where(Wording.language == language))}
    found = []
    for message in _shipped(language):
        row = rows.get(str(message.id))
        read = {} if row is None else {"own": row.text, "read_by": row.read_by, "read_at": row.read_at}
        is_machine_made = MACHINE in message.user_comments
        found.append(Entry(str(message.id), str(message.string), is_machine_made=is_machine_made, **read))  # type: ignore[arg-type]
    return found


def coverage(language: str) -> Coverage:
    """How many of the texts are translated, and how many of those nobody has read."""
    found = entries(language)
    return Coverage(language, len(found), sum(bool(each.text) for each in found), sum(each.is_unread for each in found))


@repeated
def keep(language: str, message: str, text: str) -> None:
    """Say a text in other words; raises Forbidden, NotFound, or Invalid at `text`."""
    shipped = _changeable(language, message)
    if not text.strip():
        raise Invalid(fields={"text": _("Fill this in.")})
    text = _like(message, text)
    if len(text) > LONGEST:
        raise Invalid(
            fields={"text": _("At most %(count)s characters; this has %(found)s.", count=LONGEST, found=len(text))}
        )
    missing = sorted(set(FILLED.findall(message)) ^ set(FILLED.findall(text)))
    if missing or sorted(FILLED.findall(message)) != sorted(FILLED.findall(text)) or not _can_be_filled(message, text):
        wanted = " ".join(FILLED.findall(message)) or _("nothing")
        raise Invalid(fields={"text": _("What is filled in must stay as it is: %(names)s.", names=wanted)})
    _write(language, message, text if text != shipped else "")


@repeated
def confirm(language: str, message: str) -> None:
    """Say that a text was read and is right as it is; raises Forbidden or NotFound."""
    shipped = _changeable(language, message)
    if not (shipped or own(language).get(message)):
        raise NotFound
    _write(language, message, None)


def as_po(language: str) -> bytes:
    """The catalogue with this installation's wording in it, to be given to whoever keeps the shipped one."""
    catalogue = Catalog(locale=language, project="Millrace", charset="utf-8")
    for entry in entries(language):
        comments = [MACHINE] if entry.is_unread else []
        catalogue.add(entry.message, entry.text, user_comments=comments)
    stream = io.BytesIO()
    write_po(stream, catalogue, sort_output=True)
    return stream.getvalue()


def _changeable(language: str, message: str) -> str:
    """The shipped text of a message of the catalogue."""
    require("edit", SUBJECT)
    found = next((each for each in _shipped(language) if each.id == message), None)
    if language not in languages() or found is None:
        raise NotFound
    return str(found.string)


def _like(message: str, text: str) -> str:
    """A typed text with the spaces around it that the English one has, and line breaks only where that has some."""
    inner = text.strip() if "\n" in message else " ".join(text.split())
    stripped = message.strip()
    begin, _middle, end = message.partition(stripped)
    return f"{begin}{inner}{end}"


def _can_be_filled(message: str, text: str) -> bool:
    """Whether a text with parts to fill in can be filled in; others are shown as they are."""
    names = re.findall(r"%\((\w+)\)", message)
    try:
        return not names or bool(text % dict.fromkeys(names, "0"))
    except (ValueError, TypeError, KeyError):
        return False


def _write(language: str, message: str, text: str | None) -> None:
    """Keep a reading; None leaves what was said before."""
    before = own(language).get(message, "")
    told = {"read_by": context.current().name, "read_at": clock.now()} | ({} if text is None else {"text": text})
    statement = insert(Wording).values(language=language, message=message, **{"text": "", **told})
    with system() as current:
        current.execute(statement.on_conflict_do_update(index_elements=["language", "message"], set_=told))
    _kept.pop(language, None)
    if text is not None:
        audit.note("reworded", SUBJECT, item=f"{language}: {message}", text=[before, text])


def _shipped(language: str) -> Sequence[Message]:
    """The messages of all catalogues of a language; where there is none, those of the others, untranslated."""
    paths = i18n.catalogues(language)
    if not paths:
        known = i18n.catalogues("*")[:1]
        return [Message(message.id, "") for path in known for message in _read(path, path.stat().st_mtime)]
    return [message for path in paths for message in _read(path, path.stat().st_mtime)]


@lru_cache(maxsize=16)
def _read(path: Path, _changed_at: float) -> tuple[Message, ...]:
    with path.open("rb") as stream:
        return tuple(message for message in read_po(stream) if message.id and isinstance(message.id, str))
