"""The log: one line for each event, as JSON or as text, with who and where; never what was typed, never a secret."""

from __future__ import annotations

import json
import logging
import re
import sys
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from types import TracebackType
from typing import Any

from erp import context
from erp.config import Settings
from erp.errors import SetupError

JSON, TEXT = "json", "text"
SECRETS = re.compile(
    r"(/(?:link|begin|pay|join|reset|invitation|password)/|/hooks/[\w-]+/)[^/\s?\"']+"  # the token is the sign-in
    r"|\b(mrk_|sk_|rk_|whsec_|Bearer\s+)[\w.~+/=-]+"
    r"|\beyJ[\w-]+\.[\w.-]+"
    r"|(://[^:/\s@]+:)[^@\s]+(?=@)"
)
PEOPLE = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+|\+?\d[\d ().-]{6,}\d")
"""Addresses and numbers one can be reached by; ids and ports are shorter."""
QUOTED = re.compile(r"'[^'\n]*'|\"[^\"\n]*\"|“[^”\n]*”")
PLAIN = re.compile(r"['\"“][a-z_][a-z0-9_.]{0,60}['\"”]")
"""A name out of the source: what programs quote besides values."""
HIDDEN = "…"
_about: ContextVar[Mapping[str, Any] | None] = ContextVar("log", default=None)


def begin(**facts: Any) -> None:
    """Forget what earlier work of this thread was about; its lines carry these facts from now on."""
    _about.set(facts)


def add(**facts: Any) -> None:
    """Lines of the work at hand carry these too."""
    _about.set({**(_about.get() or {}), **facts})


@contextmanager
def about(**facts: Any) -> Iterator[None]:
    """Lines inside the block carry these too."""
    token = _about.set({**(_about.get() or {}), **facts})
    try:
        yield
    finally:
        _about.reset(token)


def facts() -> dict[str, Any]:
    """Whose work this is and what it is about: ids and names of the source only."""
    acting = context.current()
    who = {"tenant": acting.tenant_id, "user": acting.user_id}
    return {name: value for name, value in {**who, **(_about.get() or {})}.items() if value is not None}


def clean(text: str) -> str:
    """The text without tokens, passwords, mail addresses and phone numbers."""
    return PEOPLE.sub(HIDDEN, SECRETS.sub(lambda found: f"{found[1] or found[2] or found[3] or ''}{HIDDEN}", text))


def sentence(error: BaseException) -> str:
    """What an error says, without the values it quotes; what says why we cannot start quotes settings."""
    first = str(error).partition("\n")[0]
    if isinstance(error, SetupError):
        return clean(first)
    return clean(QUOTED.sub(lambda found: found[0] if PLAIN.fullmatch(found[0]) else HIDDEN, first))[:500]


def trace(kind: type[BaseException], error: BaseException, place: TracebackType | None) -> str:
    """Where an error came from: places and lines of the source, of every error that led to it."""
    found = traceback.TracebackException(kind, error, place)
    return "\n".join(_told(found, error)).rstrip()


def _told(found: traceback.TracebackException, error: BaseException | None) -> Iterator[str]:
    """As Python tells it, with each message cleaned."""
    if error is None:
        return
    if found.__cause__ is not None:
        yield from _told(found.__cause__, error.__cause__)
        yield "caused:"
    elif found.__context__ is not None and not found.__suppress_context__:
        yield from _told(found.__context__, error.__context__)
        yield "while this was dealt with:"
    yield from (line.rstrip() for line in found.stack.format())
    yield f"{type(error).__module__}.{type(error).__qualname__}: {sentence(error)}"


class _Formatter(logging.Formatter):
    def error(self, record: logging.LogRecord) -> tuple[str, str] | None:
        """(class, trace) of the error a record is about."""
        if not record.exc_info or record.exc_info[0] is None or record.exc_info[1] is None:
            return None
        kind, error, place = record.exc_info
        return kind.__qualname__, trace(kind, error, place)


class JsonLines(_Formatter):
    """One JSON object on one line, for programs that collect logs."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        found: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "log": record.name,
            "process": record.process,
            "message": clean(record.getMessage()),
            **facts(),
            **getattr(record, "facts", {}),
        }
        if error := self.error(record):
            found["error"], found["trace"] = error
        return json.dumps(found, ensure_ascii=False, default=str)


class TextLines(_Formatter):
    """For people who look at a terminal."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, and the lines of an error below it."""
        moment = datetime.fromtimestamp(record.created, UTC).strftime("%H:%M:%S")
        told = {**facts(), **getattr(record, "facts", {})}
        line = f"{moment} {record.levelname:7} {record.name}: {clean(record.getMessage())}"
        line += "".join(f" {name}={value}" for name, value in told.items())
        return f"{line}\n{error[1]}" if (error := self.error(record)) else line


def formatter(settings: Settings) -> logging.Formatter:
    """As LOG_FORMAT says; without it JSON, unless a person looks on."""
    chosen = settings.log_format or (TEXT if sys.stderr.isatty() else JSON)
    return TextLines() if chosen == TEXT else JsonLines()


def init(settings: Settings, *, level: int = logging.WARNING) -> None:
    """Write the log of this process to its standard error output; done once, by what starts the process.

    At INFO, as in what serves all day, every request and job has its line.
    """
    handler = logging.StreamHandler()
    handler.setFormatter(formatter(settings))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("erp").setLevel(level)
