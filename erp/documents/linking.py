"""What rows link to, read for all of them at once: asked of one row after the other it is a statement for each."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import cache
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import attributes
from sqlalchemy.orm.util import identity_key

from erp.data.base import session
from erp.data.bulk import among
from erp.data.tenancy import AS_LINK, TenantScoped

R = TypeVar("R", bound=TenantScoped)


def read_links(rows: Sequence[Any], *names: str) -> None:
    """Have what the links of these names lead to at hand; one statement for each type there is something left to read.

    As with every link: who may see a row may see what it says.
    """
    wanted: dict[type[Any], list[tuple[Any, str, int]]] = {}
    for row in rows:
        for name in names:
            key = getattr(row, f"{name}_id")
            if key is not None and name not in vars(row):
                wanted.setdefault(sa.inspect(type(row)).relationships[name].mapper.class_, []).append((row, name, key))
    for target, places in wanted.items():
        found = _rows_by_id(target, {key for _row, _name, key in places})
        for row, name, key in places:
            if key in found:
                attributes.set_committed_value(row, name, found[key])


def not_at_hand(target: type[Any], keys: Collection[int]) -> set[int]:
    """Those of the keys whose rows the session has not read, or has forgotten."""
    return {key for key in keys if identity_key(target, key) not in session().identity_map}


@cache
def _among(target: Any) -> sa.Select[Any]:
    return sa.select(target).where(among(target.id, "keys"))


def _rows_by_id(target: type[R], keys: Collection[int]) -> dict[int, R]:
    """Rows by their ids, read as links are; what is at hand is not read again, what is not there is left out."""
    left = not_at_hand(target, keys)
    known = [session().get(target, key) for key in keys if key not in left]
    told = {"keys": list(left)}
    read = session().scalars(_among(target), told, execution_options={AS_LINK: True}).all() if left else ()
    return {each.id: each for each in (*known, *read) if each is not None}
