"""What has to be in order before a month or a year is closed: each plugin says of its own part how it stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa

from erp import Document, _, _l, current, hook, i18n, session, tasks, whole

STEPS: Mapping[str, str] = {
    "bank": _l("Bank and cash"), "drafts": _l("Drafts"), "suspense": _l("Clearing accounts"), "stock": _l("Stock"),
    "tax": _l("Tax"),
}  # fmt: skip
"""The parts of a close, as somebody signs for them one by one."""


@dataclass(frozen=True, slots=True)
class ClosingCheck:
    """How one thing stands; `found` is a sentence with its figures, `url` leads to where it is put right."""

    step: str
    title: str
    found: str
    is_clear: bool = True
    url: str = ""


@hook
def closing_checks(first: date, last: date, /) -> Sequence[ClosingCheck]:
    """Asked whenever somebody looks at a close of the days from `first` to `last`, and when they sign for it."""
    raise NotImplementedError


def closing_findings(first: date, last: date, step: str = "") -> list[ClosingCheck]:
    """What all plugins answer of the whole company, of one step or of all in their order, what is not clear first."""
    with whole():
        answers = closing_checks(first, last)
    found = [each for answer in answers for each in answer if step in {"", each.step}]
    order = list(STEPS)
    return sorted(found, key=lambda each: (order.index(each.step), each.is_clear))


def drafts(cls: type[Document], title: str, state: str, last: date, on: Any = None) -> ClosingCheck:
    """How many documents of a type stand in a first state and wait for somebody; stopped ones wait for nobody.

    Those count whose date, or the day they were made where no column is named, is not after `last`.
    """
    name = cls.__tablename__
    made = sa.cast(sa.func.timezone(current().timezone, cls.created_at), sa.Date) if on is None else on
    ids = list(session().scalars(sa.select(cls.id).where(cls.state == state, made <= last)))
    count = len({task.document_id for task in tasks.open_of(name, ids)}) if ids else 0
    said = (
        i18n.ngettext("One waits to be finished.", "%(num)s wait to be finished.", count)
        if count
        else _("None is left.")
    )
    return ClosingCheck("drafts", title, said, not count, f"/{name}/?state__eq={state}")
