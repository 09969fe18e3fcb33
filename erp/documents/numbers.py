"""Document numbers: plain ones may leave gaps and never wait; gapless ones are the last thing before commit."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, REGCLASS, Insert, insert
from sqlalchemy.orm import Mapped, mapped_column

from erp import clock, context
from erp.data import audit, prepared
from erp.data.base import AppSession, alone, before_commit, engine, session
from erp.data.organisation import place_of, today
from erp.data.tenancy import TenantScoped, run
from erp.documents.base import Document

LAST = 1000


class NumberSequence(TenantScoped):
    """The last number given out in one series of a company and year."""

    __tablename__ = "number_sequence"
    __table_args__ = (sa.UniqueConstraint("tenant_id", "series"),)
    series: Mapped[str] = mapped_column(sa.String(100))
    last: Mapped[int] = mapped_column(sa.BigInteger, default=0)


def _next(current: AppSession, document: Document, names: dict[str, str], series: str) -> str:
    """The next number of a series; where imported history has it already, the one beyond the highest of all."""
    number = document.number_pattern().format(**names, count=f"{_take(current, series):05d}")
    cls = type(document)
    with context.whole():
        is_free = current.scalar(sa.select(cls.id).where(cls.number == number)) is None
    return number if is_free else _beyond(current, document, names, series)


def _beyond(current: AppSession, document: Document, names: dict[str, str], series: str) -> str:
    pattern, cls = document.number_pattern(), type(document)
    before, after = (re.escape(part.format(**names)) for part in pattern.split("{count}"))
    count = sa.cast(sa.func.substring(cls.number, f"^{before}([0-9]{{1,15}}){after}$"), sa.BigInteger)
    with context.whole():  # a number is one of the whole company's, whatever of it the actor reaches
        highest = current.scalar(sa.select(sa.func.max(count))) or 0
    return pattern.format(**names, count=f"{_take(current, series, beyond=highest):05d}")


LAX = sa.func.set_config("synchronous_commit", "off", sa.true())
"""A number alone need not be on the disk: whatever bears it is written behind it, and no commit is before its own."""


def _take(current: AppSession, series: str, beyond: int = 0) -> int:
    """The next number of a series."""
    given = {"of": series, "beyond": beyond}
    return int(prepared.run(_taking(), given, on=current.connection()).scalars().one())


@cache
def _taking() -> sa.UpdateBase:
    table: Any = NumberSequence.__table__
    beyond = sa.bindparam("beyond", type_=sa.BigInteger)
    tenant = sa.cast(sa.func.current_setting("app.tenant_id"), sa.BigInteger)
    return (
        insert(table)
        .values(series=sa.bindparam("of"), last=1, tenant_id=tenant)
        .on_conflict_do_update(
            index_elements=["tenant_id", "series"], set_={"last": sa.func.greatest(table.c.last, beyond) + 1}
        )
        .returning(table.c.last)
    )


def next_of(series: str) -> int:
    """The next number of a series that is no document's, taken in this transaction."""
    return _take(session(), series)


def next_numbers(like: Document, count: int) -> list[tuple[int, str]]:
    """(id, number) for so many rows like this one, written in bulk; of types whose numbers may leave gaps."""
    if not count:
        return []
    names, series = _named(like)
    pattern = like.number_pattern()
    given = {"of": series, "count": count, "places": list(range(count)), "tenant": str(context.current().tenant_id)}
    with alone() as connection:
        taken = prepared.run(_taking_alone(type(like)), given, on=connection).one()
    last, ids = taken.last, taken.ids
    numbers = (pattern.format(**names, count=f"{each:05d}") for each in range(last - count + 1, last + 1))
    return list(zip(sorted(ids), numbers, strict=True))


@cache
def _taking_alone(cls: type[Document]) -> sa.UpdateBase:
    """The last of the next `count` numbers of a series and as many ids, in one statement that is its own transaction.

    It says itself whose tenant it is about, and that nobody waits for the disk.
    """
    table: Any = NumberSequence.__table__
    count = sa.bindparam("count", type_=sa.BigInteger)
    sequence = sa.cast(sa.func.pg_get_serial_sequence(cls.__tablename__, "id"), REGCLASS)
    # the planner takes a series of unknown length for a long one, and would plan each one anew
    each = sa.func.unnest(sa.bindparam("places", type_=ARRAY(sa.Integer))).table_valued("each")
    ids = sa.select(sa.func.array_agg(sa.func.nextval(sequence))).select_from(each)
    return _adding_alone(count).returning(table.c.last, ids.scalar_subquery().label("ids"))


def _adding_alone(count: sa.ColumnElement[int]) -> Insert:
    table: Any = NumberSequence.__table__
    series = sa.bindparam("of", type_=sa.Text)
    tenant = sa.func.set_config("app.tenant_id", sa.bindparam("tenant", type_=sa.Text), sa.true())
    told = sa.select(sa.cast(tenant, sa.BigInteger).label("tenant"), LAX.label("lax")).cte("told")
    given = sa.select(told.c.tenant, series, count).where(told.c.lax.is_not(None))
    return (
        insert(table)
        .from_select(["tenant_id", "series", "last"], given)
        .on_conflict_do_update(index_elements=["tenant_id", "series"], set_={"last": table.c.last + count})
    )


def assign(document: Document) -> None:
    """Give the document its number now, or as the last statement of this transaction when it is gapless.

    One that is numbered at a milestone waits until its process has passed it.
    """
    milestone = type(document).numbered_at
    if document.number or (milestone and not document.passed(milestone)):
        return
    if type(document).gapless:
        before_commit(lambda: _assign_gapless(document), order=LAST)
        return
    document.number = _taken_alone(document)


def _taken_alone(document: Document) -> str:
    """The next number, taken in a transaction of its own: who takes one waits for no document."""
    names, series = _named(document)
    before, after = (part.format(**names) for part in document.number_pattern().split("{count}"))
    told = {"of": series, "before": before, "after": after, "tenant": str(context.current().tenant_id)}
    with alone() as connection:
        taken = prepared.run(_numbering_alone(type(document)), told, on=connection).one()
    if not taken.is_there:
        return f"{before}{taken.last:05d}{after}"
    with AppSession(engine()) as own, own.begin():
        return _beyond(own, document, names, series)


@cache
def _numbering_alone(cls: type[Document]) -> sa.UpdateBase:
    """The next of a series, and whether imported history has a document of that number; else as `_taking_alone`."""
    table: Any = NumberSequence.__table__
    other: Any = cls.__table__.alias()
    tenant = sa.cast(sa.bindparam("tenant", type_=sa.Text), sa.BigInteger)
    number = _padded(
        sa.literal_column("number_sequence.last::text")
    )  # a column would be looked for in a FROM of its own
    is_there = sa.exists(sa.select(other.c.id).where(other.c.tenant_id == tenant, other.c.number == number))
    return _adding_alone(sa.literal(1, sa.BigInteger)).returning(table.c.last, is_there.label("is_there"))


def _padded(count: Any) -> Any:
    """A number between its parts `before` and `after`, of at least five digits."""
    before, after = (sa.cast(sa.bindparam(name), sa.Text) for name in ("before", "after"))
    return sa.func.concat(before, sa.func.lpad(count, sa.func.greatest(sa.func.length(count), 5), "0"), after)


def _assign_gapless(document: Document) -> None:
    session().flush()
    names, series = _named(document)
    document.number = _next(session(), document, names, series)


def number_at_end(like: Document, row_id: int, tell: Callable[[str], None]) -> None:
    """Give a row that was written without an object its gapless number, as the last statement of this transaction.

    `like` is of its type, company and branch; `tell` hears the number.
    """
    before_commit(lambda: tell(_numbered(like, row_id)), order=LAST)


def _numbered(like: Document, row_id: int) -> str:
    audit.write_told()
    names, series = _named(like)
    before, after = (part.format(**names) for part in like.number_pattern().split("{count}"))
    told = {
        "series_of": series, "before": before, "after": after, "row": row_id, "now": clock.now(),
        "by": context.current().name,
    }  # fmt: skip
    found = prepared.run(_numbering(type(like)), told).scalar()
    if found is not None:
        return str(found)
    number = _next(session(), like, names, series)
    table: Any = type(like).__table__
    run(sa.update(table).where(table.c.id == row_id).values(number=number))
    return number


@cache
def _numbering(cls: type[Document]) -> sa.Update:
    """Take the next number of a series and write it into its row; nothing where imported history has it already."""
    table: Any = cls.__table__
    series: Any = NumberSequence.__table__
    tenant = sa.cast(sa.func.current_setting("app.tenant_id"), sa.BigInteger)
    taken = (
        insert(series)
        .values(series=sa.bindparam("series_of"), last=1, tenant_id=tenant)
        .on_conflict_do_update(index_elements=["tenant_id", "series"], set_={"last": series.c.last + 1})
        .returning(series.c.last)
        .cte("taken")
    )
    count = sa.cast(sa.select(taken.c.last).scalar_subquery(), sa.Text)
    number = _padded(count)
    other = table.alias()
    is_free = ~sa.exists(sa.select(other.c.id).where(other.c.tenant_id == tenant, other.c.number == number))
    mine = table.c.id == sa.bindparam("row")
    return (
        sa.update(table)
        .where(mine, table.c.tenant_id == tenant, is_free)
        .values(number=number, updated_at=sa.bindparam("now"), updated_by=sa.bindparam("by"))
        .returning(table.c.number)
    )


def _named(document: Document) -> tuple[dict[str, str], str]:
    """What a pattern may name, and the series: one for every year and branch that the pattern tells apart."""
    names = {"prefix": type(document).prefix, "year": str(today().year), "branch": ""}
    pattern = document.number_pattern()
    if "{branch}" in pattern:
        names["branch"] = _code_of(document.branch_id)
    told = [names[name] for name in ("year", "branch") if f"{{{name}}}" in pattern]
    return names, "/".join([str(document.company_id), names["prefix"], *told])


def _code_of(branch_id: int | None) -> str:
    """Three letters of the branch's name."""
    place = place_of(branch_id)
    return "".join(sign for sign in place.name if sign.isalnum())[:3].upper() if place else ""
