"""What pages and operations ask the plugins about one document; a plugin answers in its `hooks.py`."""

from __future__ import annotations

from typing import Any

from erp.documents.base import Document
from erp.hooks import hook

Told = tuple[str, Any, str]
"""(label, value, kind of field as `Shown` knows it)"""
Changed = tuple[str, str, str]
"""(what, how it changed, amount as text)"""
Onward = tuple[str, str]
"""(label, address of ours)"""


@hook
def worked_out(document: Document) -> list[Told]:
    """Asked what is worked out beside a document's fields; shown on its page and above the forms of its tasks."""
    raise NotImplementedError


@hook
def changed_since(document: Document) -> list[Changed]:
    """Asked what is new in an offer since the one its customer agreed to before."""
    raise NotImplementedError


@hook
def onward(document: Document) -> Onward | None:
    """Asked where a customer goes on after the answer, such as to a deposit to be paid."""
    raise NotImplementedError


@hook
def stopped(document: Document, reason: str) -> None:
    """Asked after a process was stopped before its end, in the same transaction: money taken goes back."""
    raise NotImplementedError
