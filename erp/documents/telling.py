"""What pages and operations ask the plugins about one document; a plugin answers in its `hooks.py`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from erp.documents.base import Document
from erp.hooks import hook

Told = tuple[str, Any, str]
"""(label, value, kind of field as `Shown` knows it)"""
Changed = tuple[str, str, str]
"""(what, how it changed, amount as text)"""
Onward = tuple[str, str]
"""(label, address of ours)"""

Steps = Mapping[int, Mapping[str, Sequence[tuple[Decimal, Decimal]]]]
"""{row: {field of a line: [(from this quantity on, its value)]}}; no steps at all: nobody knows the value."""


@hook
def stepped(type_name: str, row_ids: Sequence[int], around: Mapping[str, str]) -> Steps:
    """Asked what records that are picked into a line put there by its quantity, such as a customer's prices.

    `around` is what the form says besides: {type: id} of the document's own links, its `currency`, and its type as
    `form`. Of two answers for a field the one of the plugin that stands on the other counts.
    """
    raise NotImplementedError


@hook
def worked_out(document: Document) -> list[Told]:
    """Asked what is worked out beside a document's fields; shown on its page and above the forms of its tasks."""
    raise NotImplementedError


@hook
def picked_from(type_name: str, row_ids: Sequence[int]) -> Mapping[int, str]:
    """Asked what a picker says beside rows of a type, {id: a few words}, such as how many of a product there are."""
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
