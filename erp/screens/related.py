"""The related tab: what belongs together, by type, the newest first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from erp import i18n
from erp.data.base import session
from erp.documents.base import Document
from erp.documents.types import DocumentType, declared
from erp.i18n import _
from erp.screens import words
from erp.screens.heads import DocumentHead, Opened, head
from erp.screens.relations import newest
from erp.web.shapes import State
from erp.web.states import states_of

SHOWN = 10
"""Rows of one type."""


@dataclass(frozen=True)
class RelatedRow:
    """One related row."""

    label: str
    url: str
    sub: str
    state: State | None
    amount: str
    at: datetime


@dataclass(frozen=True)
class RelatedGroup:
    """The related rows of one type, the newest first."""

    label: str
    icon: str
    rows: Sequence[RelatedRow]
    url: str
    """Of the list."""
    more: bool = False
    """Whether there are more than those shown."""


@dataclass(frozen=True)
class RelatedPage:
    """millrace/related.html."""

    head: DocumentHead
    groups: Sequence[RelatedGroup]


def related_page(it: Opened) -> RelatedPage:
    """The tab; one statement finds all, then one for each type that has some."""
    groups = [_group(declared()[name], ids) for name, ids in newest(it.type, it.row, SHOWN + 1).items()]
    groups.sort(key=lambda group: max(row.at for row in group.rows), reverse=True)
    return RelatedPage(head(it, "related"), groups)


def _group(kind: DocumentType, ids: Sequence[int]) -> RelatedGroup:
    cls = kind.cls
    rows = session().scalars(sa.select(cls).where(cls.id.in_(ids[:SHOWN])).order_by(cls.id.desc()))
    states = states_of(kind.name) if kind.is_document else {}
    shown = [_row(row, states) for row in rows]
    return RelatedGroup(str(kind.plural), cls.icon, shown, f"/{kind.name}/", more=len(ids) > SHOWN)


def _row(row: Any, states: dict[str, State]) -> RelatedRow:
    amount, label, sub = "", row.title, row.subtitle
    if isinstance(row, Document):
        value = getattr(row, row.amount_field, None) if row.amount_field else None
        amount = i18n.format_money(value, row.currency) if value else ""
        label = row.number or f"#{row.id}"
        sub = _(", ").join(dict.fromkeys(part for part in (row.title, row.subtitle) if part and part != label))
    return RelatedRow(label, f"/{row.__tablename__}/{row.id}", sub, words.state_of(row, states), amount, row.created_at)
