"""Who is acting: one frozen value, set at every way in and read everywhere below."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from datetime import time
from typing import Any


@dataclass(frozen=True)
class Grant:
    """What one of a member's roles gives them."""

    role: str
    """A shipped role's name, or `own:<id>` of one the tenant made."""
    title: str
    pairs: frozenset[tuple[str, str]]
    """(verb, type) pairs."""
    lanes: frozenset[str]
    """Lanes it plays."""


@dataclass(frozen=True)
class Rule:
    """A tenant's rule: whom a role gives a verb on a type, it gives it on rows that keep these conditions only."""

    id: int
    role: str
    type_name: str
    verb: str
    """`show` or `edit`."""
    conditions: tuple[tuple[str, str, str], ...]
    """(field, operator, value) of each; all must hold."""


@dataclass(frozen=True)
class Here:
    """When the day begins at a branch."""

    branch_id: int
    timezone: str
    day_starts_at: time


@dataclass(frozen=True)
class Books:
    """What a company keeps its books in."""

    company_id: int
    currency: str


@dataclass(frozen=True)
class Context:
    """The acting person or program; without a tenant no business row can be seen or written."""

    tenant_id: int | None = None
    user_id: int | None = None
    member_id: int | None = None
    company_id: int | None = None
    branch_id: int | None = None
    name: str = ""
    """How history calls the actor: a person's name, "Amina Hassan (link)", "Automatic"."""
    language: str = "en"
    calendar: str = ""
    """`gregorian` or `jalali`; empty for the usual one of the language."""
    timezone: str = "UTC"
    here: Here | None = None
    """What is known of the branch since the actor came in, if anything is."""
    books: Books | None = None
    """What is known of the company since the actor came in, if anything is."""
    plan: str = ""
    """Which of the installation's plans the tenant has; empty is the first."""
    source: str = "system"
    """Way in: web, rest, link, job, import, batch, demo, system."""
    roles: frozenset[str] = frozenset()
    permissions: frozenset[tuple[str, str]] = frozenset()
    """(verb, document type) pairs of all the member's roles."""
    grants: tuple[Grant, ...] = ()
    """The member's roles, each with what it gives; `permissions` and `roles` are their sums."""
    branches: frozenset[int] | None = None
    """The branches whose documents the actor reaches; None for all."""
    rules: tuple[Rule, ...] = ()
    """Rules of the tenant that belong to one of the member's roles."""
    types: frozenset[str] | None = None
    """The document types an API key is for; None for all."""
    is_read_only: bool = False
    """Whether nothing may be written, as with a key that only reads."""
    batch_id: int | None = None
    """The batch this change is one of; history names it."""
    address: str = ""
    """Where the request came from; empty for work in the background."""
    request: str = ""
    """A program's request that may write, as `POST /api/v1/party/`; the audit keeps it when something is written."""
    writes: bool = False
    """Whether what came in may write: its statements are those of every step like it, and their plans are kept."""
    session_id: int | None = None
    """The session of the person or program that signed in."""
    key_id: int | None = None
    """The API key the program showed instead."""

    @property
    def way(self) -> str:
        """`session:12` or `key:3`, as the audit keeps it; empty for neither."""
        if self.key_id is not None:
            return f"key:{self.key_id}"
        return "" if self.session_id is None else f"session:{self.session_id}"

    def as_json(self) -> dict[str, Any]:
        """What a job keeps to act in the same name later; roles are read afresh then."""
        return {name: getattr(self, name) for name in KEPT}


KEPT = ("user_id", "member_id", "company_id", "branch_id", "name", "language", "calendar", "timezone")
"""What a job keeps of who left it; its tenant is the row's own, whatever else is written there."""
NOBODY = Context()
_current: ContextVar[Context] = ContextVar("context", default=NOBODY)


def current() -> Context:
    """The acting context; `NOBODY` outside every way in."""
    return _current.get()


def enter(context: Context) -> None:
    """Set the context of this request or job; the way in calls `reset` when it starts."""
    _current.set(context)


def reset() -> None:
    """Forget the context: web threads keep context variables between requests."""
    _current.set(NOBODY)


@contextmanager
def whole() -> Iterator[Context]:
    """Read past the actor's branches and rules: what a process does and what a sum counts is not a matter of view."""
    own = _current.get()
    if own.branches is None and not own.rules:
        yield own
        return
    with acting(branches=None, rules=()) as found:
        yield found


@contextmanager
def entered(other: Context) -> Iterator[Context]:
    """Ask something as somebody else of the same tenant, then be oneself again."""
    token = _current.set(other)
    try:
        yield other
    finally:
        _current.reset(token)


@contextmanager
def acting(**changes: Any) -> Iterator[Context]:
    """Act with some things changed, then as before; who reads in another language reads by its calendar."""
    if "language" in changes:
        changes = {"calendar": "", **changes}
    with entered(replace(_current.get(), **changes)) as found:
        yield found
