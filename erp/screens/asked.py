"""What a list's address asks for, and the addresses of the lists beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from werkzeug.datastructures import MultiDict

from erp.documents.fields import Field, Kind
from erp.documents.lists import Filter, ListQuery
from erp.documents.saved_views import Kept, readable
from erp.documents.types import DocumentType
from erp.screens.columns import WHERE, columns_of
from erp.screens.lookups import Records


@dataclass(frozen=True)
class Asked:
    """A list somebody asked for; everything is in its address, but for the columns a member keeps for the type."""

    query: ListQuery
    columns: tuple[str, ...] = ()
    """Those chosen, in their order, the one that says where among them; none for the type's own."""
    in_address: bool = False
    """Whether the address names the columns."""
    saved: int = 0
    """The saved view the reader came from."""
    gone: tuple[str, ...] = ()
    """Fields that view names and the type no longer has."""

    @property
    def url(self) -> str:
        """The list's address without arguments."""
        return f"/{self.query.type.name}/"

    def args(self, **changes: str) -> dict[str, str]:
        """The arguments of this list's address, changed."""
        columns = ",".join(self.columns) if self.in_address else ""
        found = self.query.args() | {"columns": columns, "saved": str(self.saved or "")} | changes
        return {name: value for name, value in found.items() if value}

    def address(self, **changes: str) -> str:
        """This list's address, changed."""
        return addressed(self.url, self.args(**changes))

    def without(self, entry: Filter) -> str:
        """The address of the list with one condition less."""
        return replace(self, query=self.query.without(entry)).address()

    def unfiltered(self) -> str:
        """The address of the list without any condition."""
        return replace(self, query=replace(self.query, filters=())).address()

    def exported(self) -> dict[str, str]:
        """The arguments of an export of this list: its columns are named, whoever keeps them."""
        fields = ",".join(name for name in self.columns if name != WHERE)
        found = self.query.args() | {"columns": fields}
        return {name: value for name, value in found.items() if value}


def addressed(url: str, args: Mapping[str, str]) -> str:
    """An address with its arguments."""
    return f"{url}?{urlencode(args)}" if args else url


def asked_of(document_type: DocumentType, args: MultiDict[str, str], kept: Kept | None = None) -> Asked:
    """The list somebody asked for.

    Empty conditions are dropped; a link given by name alone becomes its id; where a saved view is named, what it says
    about fields that are gone is left out.
    """
    plain = {name: value.strip() for name, value in args.items() if value.strip()}
    saved = plain.get("saved", "")
    plain, gone = readable(document_type, plain) if saved.isdecimal() else (plain, [])
    chosen = [part for value in args.getlist("columns") for part in value.split(",") if part]
    known = {entry.name for entry in columns_of(document_type)} | {WHERE}
    if saved.isdecimal():
        gone += [name for name in chosen if name not in known]
    columns = tuple(dict.fromkeys(name for name in chosen or (kept.columns if kept else ()) if name in known))
    plain["columns"] = ",".join(name for name in columns if name != WHERE)
    for entry in document_type.all_fields:
        name = f"{entry.name}__eq"
        if entry.kind is Kind.LINK and name not in plain and f"{name}__text" in plain:
            plain[name] = meant(entry, plain[f"{name}__text"])
    query = ListQuery.parse(document_type, plain)
    number = int(saved) if saved.isdecimal() and len(saved) <= 18 else 0
    return Asked(query, columns if query.columns else (), bool(chosen), number, tuple(dict.fromkeys(gone)))


def meant(entry: Field, text: str) -> str:
    """The id of the record somebody meant by a name, 0 for none."""
    try:
        return str(Records().find(entry, text))
    except ValueError:
        return "0"
