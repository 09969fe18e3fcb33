"""The search index: which words lead to which row, kept by the database in the same statement that writes the row.

Triggers are laid from the declared fields like the policies, so imports, scripts and plugins cannot forget the index.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from erp.data.base import APP, session
from erp.data.tenancy import TenantScoped
from erp.documents.base import Document
from erp.documents.fields import Kind
from erp.documents.types import EXTENSION_MARK, DocumentType, Table, declared

FUNCTIONS = Path(__file__).parent / "searching.sql"
KEYS = ("number", "code")
"""Fields a row is called by exactly; one that has none is called by its title."""
PLANNED_ONCE = " set plan_cache_mode = force_generic_plan"
"""Rows are read by their ids, however many: to plan that for each statement takes longer than to do it."""
OPEN_TO_APP = ("search_rows(text, text)", "search_likely(text[], text, integer)")
"""What the app role may call although it runs as the owner: each takes the tenant from the transaction."""


class SearchEntry(TenantScoped):
    """The words of one row; written by triggers, read through the functions of `searching.sql` alone."""

    __tablename__ = "search_entry"
    __table_args__ = (
        sa.UniqueConstraint("tenant_id", "document_type", "row_id"),
        sa.Index("search_entry_key", "tenant_id", "key"),
        sa.Index("search_entry_words", "words", postgresql_using="gin"),
    )
    document_type: Mapped[str] = mapped_column(sa.String(60))
    row_id: Mapped[int] = mapped_column(sa.BigInteger)
    key: Mapped[str] = mapped_column(sa.String(80))
    """The number, code or title as one word: what equals the whole question is an exact hit."""
    words: Mapped[Any] = mapped_column(TSVECTOR)


@dataclass(frozen=True)
class Likely:
    """Rows of one type that a question may mean, the likeliest first."""

    exact: Sequence[int]
    others: Sequence[int]


def likely(kinds: Collection[str], text: str, wanted: int) -> Mapping[str, Likely]:
    """What a question may mean in each of these types, `wanted` at most; rights and rules are the caller's.

    Those called exactly so come first, then the newest. One statement.
    """
    found = sa.func.search_likely(sa.cast(sorted(kinds), sa.ARRAY(sa.Text)), text, wanted).table_valued(
        sa.column("document_type", sa.Text), sa.column("row_id", sa.BigInteger), sa.column("is_exact", sa.Boolean)
    )
    ids: dict[str, tuple[list[int], list[int]]] = {}
    for kind, row_id, is_exact in session().execute(sa.select(found)):
        exact, others = ids.setdefault(kind, ([], []))
        (exact if is_exact else others).append(row_id)
    return {
        kind: Likely(exact, [row_id for row_id in others if row_id not in exact])
        for kind, (exact, others) in ids.items()
    }


def matching(document_type: DocumentType, text: str) -> sa.ColumnElement[bool]:
    """The condition that a row of this type holds every word of the text."""
    # an array, so that they are asked for one by one: joined, they would be sought among all rows in a list's order
    found = sa.select(sa.func.search_rows(document_type.name, text)).scalar_subquery()
    return document_type.cls.id == sa.any_(sa.func.array(found))


# -- what is laid in the database ------------------------------------------------------------------------


@dataclass(frozen=True)
class _Inner:
    """The searched columns of rows inside; those in `keys` are exact names of the row they belong to."""

    table: str
    words: tuple[str, ...]
    phones: tuple[str, ...]
    keys: tuple[str, ...]


@dataclass(frozen=True)
class _Indexed:
    """What the rows of one table are found by: columns of their own and of the records they link to."""

    table: str
    key: str
    words: tuple[str, ...]
    phones: tuple[str, ...]
    links: tuple[tuple[str, str], ...]
    """(column, table) of links whose record's words lead here too."""
    inner: tuple[_Inner, ...] = ()
    """Its rows inside that lead here too, such as the barcodes of a product."""
    is_numbered_last: bool = False
    """Whether its number is the last thing its transaction writes: nobody finds it before."""

    @property
    def watched(self) -> tuple[str, ...]:
        """The columns a change of which changes the words."""
        return tuple(dict.fromkeys((self.key, *self.words, *self.phones, *(column for column, _table in self.links))))


def _indexed(kind: DocumentType) -> _Indexed:
    columns = sa.inspect(kind.cls).local_table.c
    searched = [e for e in kind.all_fields if e.search and not e.extra and EXTENSION_MARK not in e.name]
    plain = [entry for entry in searched if entry.kind is not Kind.LINK]
    named = [name for name in KEYS if any(entry.name == name for entry in plain)]
    title = kind.cls.title_field
    key = named[0] if named else title if title in columns else "id"
    phones = tuple(entry.name for entry in plain if entry.kind is Kind.PHONE)
    words = dict.fromkeys(
        (key, *(e.name for e in plain if e.name not in phones), *([title] if title in columns else []))
    )
    links = tuple((f"{e.name}_id", e.target) for e in searched if e.kind is Kind.LINK and e.target in declared())
    inner = tuple(each for table in kind.tables if (each := _inner(table)) is not None)
    is_numbered_last = issubclass(kind.cls, Document) and kind.cls.gapless and not kind.cls.numbered_at
    return _Indexed(kind.name, key, tuple(words), phones, links, inner, is_numbered_last and "number" in words)


def _inner(table: Table) -> _Inner | None:
    """The searched columns of rows inside, None where nothing is searched."""
    searched = [entry for entry in table.fields if entry.search and entry.kind is not Kind.LINK]
    phones = tuple(entry.name for entry in searched if entry.kind is Kind.PHONE)
    words = tuple(entry.name for entry in searched if entry.name not in phones)
    keys = tuple(name for name in words if name in KEYS)
    return _Inner(table.cls.__tablename__, words, phones, keys) if searched else None


def _filled(entry: _Indexed, all_entries: Mapping[str, _Indexed]) -> str:
    """The statement that writes the words of the rows `ids`, own words and those of linked records."""
    words = [f'own."{name}"' for name in entry.words]
    phones = [f'own."{name}"' for name in entry.phones]
    joins = ""
    for place, (column, target) in enumerate(entry.links):
        linked = f"linked_{place}"
        joins += (
            f' left join "{target}" {linked} on {linked}.tenant_id = own.tenant_id and {linked}.id = own."{column}"'
        )
        words += [f'{linked}."{name}"' for name in all_entries[target].words]
        phones += [f'{linked}."{name}"' for name in all_entries[target].phones]
    found = [
        f"select word from search_words(concat_ws(' ', {', '.join(words)})) as word",  # noqa: S608 - names of declared columns
        *(f"select search_digits({p})" for p in phones),
        *(select for inner in entry.inner for select in _words_inside(inner)),
    ]
    return f"""
    insert into search_entry (tenant_id, document_type, row_id, key, words)
    select own.tenant_id, '{entry.table}', own.id, coalesce(search_key(own."{entry.key}"::text), ''), array_to_tsvector(
      array(select own.tenant_id || ':{entry.table}:' || word from ({" union ".join(found)}) as found (word))
    )
    from "{entry.table}" own{joins} where own.id = any (ids)
    on conflict (tenant_id, document_type, row_id) do update set key = excluded.key, words = excluded.words;"""  # noqa: S608 - names of declared columns


def _words_inside(inner: _Inner) -> Iterator[str]:
    """Statements that give the words of the rows inside of `own`; `=` before a word makes it an exact name."""
    there = f'from "{inner.table}" inside where inside.tenant_id = own.tenant_id and inside.document_id = own.id'
    for name in inner.words:
        yield f'select search_words(inside."{name}") {there}'
    for name in inner.phones:
        yield f'select search_digits(inside."{name}") {there}'
    for name in inner.keys:
        yield f"""select '=' || ltrim(search_key(inside."{name}"), '0') {there}"""


def _functions(entry: _Indexed, all_entries: Mapping[str, _Indexed]) -> str:
    """Functions and triggers of one table: a row added, changed, removed, and a linked record's words changed."""
    name, fill = entry.table, f"search_fill_{entry.table}"
    added = "select id from added where number is not null" if entry.is_numbered_last else "select id from added"
    forget = "delete from search_entry where tenant_id = old.tenant_id and row_id = old.id and document_type ="
    parts = [
        _function(f"{fill}(ids bigint[])", "void", _filled(entry, all_entries), PLANNED_ONCE),
        _follow(name, "added", f"perform {fill}(array({added}));"),
        _trigger(name, name, "added", "insert", "referencing new table as added for each statement"),
        _follow(name, "changed", f"perform {fill}(array[new.id]);"),
        _trigger(name, name, "changed", *_on_change(entry.watched)),
        _follow(name, "removed", f"{forget} '{name}';"),
        _trigger(name, name, "removed", "delete", "for each row"),
    ]
    for inner in entry.inner:
        what = f"inside_{inner.table}"
        parts.append(_follow(name, what, f"perform {fill}(array[coalesce(new.document_id, old.document_id)]);"))
        parts.append(_trigger(inner.table, name, what, "insert or update or delete", "for each row"))
    for column, target in entry.links:
        linked = all_entries[target]
        rows = f'select id from "{name}" where tenant_id = new.tenant_id and "{column}" = new.id'  # noqa: S608
        # the table is gone when its plugin was removed since
        there = f"if to_regclass('public.{name}') is not null then perform {fill}(array({rows})); end if;"
        what = f"followed_{column}"
        parts.append(_follow(name, what, there))
        parts.append(_trigger(target, name, what, *_on_change((*linked.words, *linked.phones))))
    return "\n".join(parts)


def _on_change(columns: Sequence[str]) -> tuple[str, str]:
    """When and how a trigger runs that is about these columns."""
    names = list(dict.fromkeys(columns))
    differs = " or ".join(f'old."{column}" is distinct from new."{column}"' for column in names)
    listed = ", ".join(f'"{column}"' for column in names)
    return f"update of {listed}", f"for each row when ({differs})"


def _function(signature: str, returns: str, body: str, settings: str = "") -> str:
    return (
        f"create or replace function {signature} returns {returns} language plpgsql"
        f" set search_path = pg_catalog, public, pg_temp{settings} as $$ begin {body} end $$;"
    )


def _follow(name: str, what: str, body: str) -> str:
    return _function(f"search_{what}_{name}()", "trigger", f"{body} return null;")


def _trigger(table: str, name: str, what: str, when: str, how: str) -> str:
    """A trigger on a table that calls the function of the type `name`."""
    own = f"search_{what}_{name}"
    return f'create or replace trigger "{own}" after {when} on "{table}" {how} execute function {own}();'


def lay(connection: sa.Connection) -> None:
    """Functions and triggers of every declared type; as the owner. Rows are read where a type is searched otherwise."""
    _run(connection, FUNCTIONS.read_text())
    for function in OPEN_TO_APP:
        _run(connection, f"revoke all on function {function} from public")
        _run(connection, f"grant execute on function {function} to {APP}")
    all_entries = {kind.name: _indexed(kind) for kind in declared().values()}
    for entry in all_entries.values():
        source = _functions(entry, all_entries)
        mark = hashlib.sha256((FUNCTIONS.read_text() + source).encode()).hexdigest()
        if _mark(connection, entry.table) == mark:
            continue
        _run(connection, source)
        _run(connection, f"comment on function search_fill_{entry.table}(bigint[]) is '{mark}'")
        fill(connection, entry.table)


def fill(connection: sa.Connection, table: str) -> int:
    """Write the words of every row of a table anew; how many rows there are."""
    count = 0
    for low, high in _ranges(connection, table):
        ids = f'array(select id from "{table}" where id >= {low} and id < {high})'  # noqa: S608 - two numbers
        _run(connection, f"select search_fill_{table}({ids})")
        count += high - low
    return count


def _ranges(connection: sa.Connection, table: str, size: int = 20_000) -> Iterator[tuple[int, int]]:
    lowest, highest = connection.execute(sa.text(f'select min(id), max(id) from "{table}"')).one()  # noqa: S608
    for low in range(lowest or 0, (highest or -1) + 1, size):
        yield low, low + size


def _mark(connection: sa.Connection, table: str) -> str | None:
    found = connection.scalar(
        sa.text("select obj_description(to_regprocedure(:name), 'pg_proc')"), {"name": f"search_fill_{table}(bigint[])"}
    )
    return None if found is None else str(found)


def _run(connection: sa.Connection, statement: str) -> None:
    connection.exec_driver_sql(statement)
