"""Linked records as forms ask for them: names, the one somebody meant, and what a picker offers."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import sqlalchemy as sa

from erp import context
from erp.access import can
from erp.data import files
from erp.data.base import session
from erp.documents import archiving, telling
from erp.documents.fields import Field, Kind
from erp.documents.lists import ListQuery
from erp.documents.types import EXTENSION_MARK, DocumentType, declared, document_type
from erp.i18n import _

OFFERED = 12
FILLED = {Kind.TEXT, Kind.DECIMAL, Kind.MONEY, Kind.INTEGER, Kind.CHOICE}
"""Kinds of fields a picked record may fill in on its line."""


class Records:
    """Answers a form's questions about linked records, of types the actor may list; kept links stay choosable."""

    def __init__(self, kept: Collection[tuple[str, int]] = ()) -> None:
        self.kept = frozenset(kept)

    def texts(self, field: Field, keys: Collection[int], /) -> Mapping[int, str]:
        """The names of those records the actor may choose."""
        with reach_of(field.target, field.anywhere):
            return self._texts(field, keys)

    def _texts(self, field: Field, keys: Collection[int]) -> Mapping[int, str]:
        target = declared().get(field.target)
        if target is None:
            return {}
        free = can("list", target.name)
        asked = [key for key in keys if free or (target.name, key) in self.kept]
        if not asked:
            return {}
        rows = session().scalars(sa.select(target.cls).where(target.cls.id.in_(asked)))
        away = _put_away(target, [key for key in asked if (target.name, key) not in self.kept])
        return {row.id: row.title for row in rows if row.id not in away}

    def find(self, field: Field, text: str, /) -> int:
        """The one record called so, else the only one the search finds; ValueError with a sentence."""
        with reach_of(field.target, field.anywhere):
            return self._found(field, text)

    def _found(self, field: Field, text: str) -> int:
        target = declared().get(field.target)
        if target is None or not can("list", target.name):
            raise ValueError(_("Choose one of the list."))
        named = sa.func.lower(getattr(target.cls, target.cls.title_field)) == text.lower()
        found = list(session().scalars(sa.select(target.cls.id).where(named, *_offered_only(target)).limit(2)))
        if not found:
            found = [row.id for row in _matching(target, text, 2)]
        if not found:
            raise ValueError(_("There is no “%(text)s”. Choose one of the list.", text=text))
        if len(found) > 1:
            raise ValueError(_("Several match “%(text)s”. Choose one of the list.", text=text))
        return found[0]

    def search_url(self, field: Field, /) -> str:
        """Where the browser looks while somebody types."""
        if field.target not in declared():
            return ""
        return f"/{field.target}/pick{f'?for={field.anywhere}' if field.anywhere else ''}"

    def add_url(self, field: Field, /) -> str:
        """Where the browser makes one beside the form, for the types and people for whom that is offered."""
        target = declared().get(field.target)
        is_offered = target is not None and bool(target.cls.quick_fields) and can("add", field.target)
        return f"/{field.target}/quick" if is_offered else ""


def reach_of(target: str, anywhere: str) -> AbstractContextManager[Any]:
    """Past the actor's branches, where a type they may add has a field that points anywhere at this one."""
    kind = declared().get(anywhere)
    names = kind is not None and any(entry.anywhere and entry.target == target for entry in kind.fields)
    return context.whole() if names and can("add", anywhere) else nullcontext()


def _offered_only(target: DocumentType) -> list[Any]:
    """What keeps records that are put away out of what is offered."""
    return [~archiving.archived(target)] if archiving.is_archivable(target) else []


def _put_away(target: DocumentType, keys: Collection[int]) -> set[int]:
    """Those of the rows that are put away."""
    if not keys or not archiving.is_archivable(target):
        return set()
    return set(session().scalars(sa.select(target.cls.id).where(target.cls.id.in_(keys), archiving.archived(target))))


def _matching(target: DocumentType, text: str, count: int) -> list[Any]:
    query = ListQuery(target, search=text)
    title = getattr(target.cls, target.cls.title_field)
    statement = query.statement().order_by(title, target.cls.id).limit(count)
    return list(session().scalars(statement).unique())


def offered(type_name: str, text: str, around: Mapping[str, str] | None = None) -> list[dict[str, Any]]:
    """What a picker shows for a text, with what each record fills in on a line.

    `around` is what the form of that line says besides, None where the picker stands in no line.
    """
    target = document_type(type_name)
    text = text.strip()[:100]
    rows = _matching(target, text, OFFERED) if text else _newest(target)
    pictures = files.first_pictures(type_name, [row.id for row in rows]) if target.cls.has_pictures else {}
    steps = _steps(target, [row.id for row in rows], around) if around is not None else {}
    answers = telling.picked_from(type_name, [row.id for row in rows])
    found: list[dict[str, Any]] = []
    for row in rows:
        sub = " · ".join(filter(None, [row.subtitle, *(each.get(row.id, "") for each in answers)]))
        shown = {"id": str(row.id), "text": row.title, "sub": sub, "fill": _fill(target, row)}
        shown |= {"steps": steps[row.id]} if row.id in steps else {}
        picture = pictures.get(row.id)
        found.append(shown | ({"picture": f"/{type_name}/{row.id}/files/{picture.id}?size=96"} if picture else {}))
    return found


def _steps(target: DocumentType, row_ids: list[int], around: Mapping[str, str]) -> dict[int, dict[str, Any]]:
    """{row: {field: [[from quantity, value as it is typed]]}} as plugins answer."""
    found: dict[int, dict[str, Any]] = {}
    fields = {entry.name: entry for entry in target.fields}
    for answer in telling.stepped(target.name, row_ids, around) if row_ids else ():
        for row_id, by_field in answer.items():
            for name, steps in by_field.items():
                told = [[f"{least.normalize():f}", fields[name].typed_back(value)] for least, value in steps]
                found.setdefault(row_id, {})[name] = told
    return found


def _newest(target: DocumentType) -> list[Any]:
    newest = sa.select(target.cls).where(*_offered_only(target)).order_by(target.cls.id.desc())
    return list(session().scalars(newest.limit(OFFERED)))


def _fill(target: DocumentType, row: Any) -> dict[str, Any]:
    """A record's own values under their names, links as `{id, text}`, its title as a line's description."""
    found: dict[str, Any] = {"description": row.title}
    for entry in target.fields:
        if entry.kind is Kind.LINK and (linked := target.linked(row, entry)) is not None:
            found[entry.name.rpartition(EXTENSION_MARK)[2]] = {"id": str(linked.id), "text": linked.title}
        if entry.kind in FILLED and not entry.extra and hasattr(row, entry.name):
            value = getattr(row, entry.name)
            if value not in (None, ""):
                found[entry.name] = entry.typed_back(value)
    return found
