"""Mails to colleagues: written when they are sent, so that no job keeps a link that opens something."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from erp import mailbox
from erp.data.base import repeated
from erp.errors import Conflict
from erp.jobs import outbox, worker
from erp.jobs.claims import Claim
from erp.jobs.models import Job
from erp.mail import Mail

KIND = "people.letter"
RESET, INVITATION = "reset", "invitation"


@dataclass(frozen=True)
class Written:
    """A mail as it goes out; a private one is read by nobody but its addressee."""

    mail: Mail
    is_private: bool = False


class NotNeeded(Conflict):
    """The letter is not needed any more."""


Writer = Callable[[Mapping[str, Any]], Written]
_writers: dict[str, Writer] = {}


def write_with(name: str, writer: Writer) -> None:
    """Who writes a letter of this name; it raises NotNeeded when there is nothing to send any more."""
    _writers[name] = writer


def leave(name: str, request: Mapping[str, Any]) -> Job:
    """Leave a letter behind in this transaction."""
    key = f"{KIND}:{name}:{secrets.token_hex(12)}"
    return outbox.put(Job(kind=KIND, key=key, request={"letter": name, **request}, max_attempts=6))


def _send(claim: Claim) -> None:
    """Write the mail, hand it over with no session open, and mark the row done."""
    try:
        written = _writers[claim.request["letter"]](claim.request)
    except NotNeeded:
        _done(claim, {"delivered": "not needed"})
        return
    told = mailbox.deliver(written.mail, claim.key, is_private=written.is_private)
    _done(claim, {"delivered": told["delivered"]})


@repeated
def _done(claim: Claim, told: dict[str, Any]) -> None:
    worker.complete(claim, told)


def init() -> None:
    """Tell the worker who sends letters."""
    worker.registry.handle(KIND, _send)
