"""The workbook of an exported list, read back row by row: whose list it was, and what stands in which cell."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from erp import context, late
from erp.batches.cells import Cell
from erp.documents.fields import Field
from erp.documents.types import DocumentType
from erp.errors import Invalid
from erp.i18n import _, format_number
from erp.importing.tables import check_book, damaged, unreadable
from erp.reports import marks
from erp.reports.marks import KEY, TOTAL, VERSION, Mark
from erp.reports.tables import Table

if TYPE_CHECKING:
    import openpyxl.utils
else:
    openpyxl = late.module("openpyxl")

MOST_ROWS = 20_000
"""Rows of the largest sheet that is compared while somebody waits."""


@dataclass(frozen=True)
class Row:
    """A row that belongs to the list; `key` and `version` as they stand in the hidden columns."""

    place: str
    """`12`, with its sheet where there are several."""
    key: Any
    version: Any
    cells: Mapping[str, tuple[str, Cell]]
    """{field: (address, cell)}"""

    @property
    def is_empty(self) -> bool:
        """Whether nothing at all is written in it."""
        return all(cell.value in (None, "") for _address, cell in self.cells.values())


@dataclass
class Book:
    """A workbook with the mark of a list."""

    content: bytes
    kind: DocumentType
    mark: Mark
    columns: Sequence[Field]
    """The columns it was written with that are still there."""
    ignored: list[str] = field(default_factory=list)
    """Heads that are no column of the list."""

    @classmethod
    def opened(cls, content: bytes, kind: DocumentType) -> Book:
        """The book in these bytes; raises Invalid at `file` when it is no sheet of this list and tenant."""
        if content[:4] != b"PK\x03\x04":
            raise Invalid(fields={"file": _("Choose an Excel sheet (.xlsx) that was exported here.")})
        check_book(io.BytesIO(content))
        try:
            book: Any = openpyxl.load_workbook(io.BytesIO(content), read_only=True)
            found = {str(each.name): str(each.value) for each in book.custom_doc_props.props}
            book.close()
        except unreadable():
            raise damaged() from None
        mark = marks.read(found, kind.name)
        known = {entry.name: entry for entry in kind.all_fields}
        return cls(content, kind, mark, [known[name] for name in mark.columns if name in known])

    def rows(self) -> Iterator[Row]:
        """Every row but heads and sums; raises Invalid when there are more than 20,000 or none can be told apart."""
        try:
            yield from self._rows()
        except unreadable():
            raise damaged() from None

    def _rows(self) -> Iterator[Row]:
        shown = openpyxl.load_workbook(io.BytesIO(self.content), read_only=True, data_only=True)
        typed = openpyxl.load_workbook(io.BytesIO(self.content), read_only=True)
        count, is_known = 0, False
        several = len(shown.worksheets) > 2
        for sheet, other in zip(shown.worksheets, typed.worksheets, strict=True):
            for each in (sheet, other):
                each.reset_dimensions()
            places: dict[int, str] = {}
            name = f"{sheet.title}!" if several else ""
            for number, (cells, formulas) in enumerate(zip(sheet.iter_rows(), other.iter_rows(), strict=True), 1):
                if number == 1:
                    places = self._places([cell.value for cell in cells])
                    if not places:
                        break
                    is_known = True
                    continue
                row = _row(name, number, places, cells, formulas)
                if row.key == TOTAL:
                    continue
                count += 1
                if count > MOST_ROWS:
                    most = format_number(MOST_ROWS)
                    raise Invalid(fields={"file": _("At most %(count)s rows. Export a narrower list.", count=most)})
                yield row
        shown.close()
        typed.close()
        if not is_known:
            said = _("The hidden columns “%(key)s” and “%(version)s” are missing. Export the list again.",
                     key=KEY, version=VERSION)  # fmt: skip
            raise Invalid(fields={"file": said})

    def _places(self, heads: Sequence[Any]) -> dict[int, str]:
        """Which column holds which field; empty where the two hidden columns are missing."""
        texts = ["" if head is None else str(head).strip() for head in heads]
        if KEY not in texts or VERSION not in texts:
            return {}
        with context.acting(language=self.mark.language):
            labels = Table("", self.columns, (), self.mark.currency).heads()
        names = [entry.name for entry in self.columns]
        left = list(range(len(names)))
        places = {texts.index(KEY): KEY, texts.index(VERSION): VERSION}
        for place, text in enumerate(texts):
            if place in places or not text:
                continue
            # columns may have been moved; of two with one label the one in its old place is meant
            fits = [index for index in left if labels[index].strip() == text]
            if fits:
                index = place if place in fits else fits[0]
                left.remove(index)
                places[place] = names[index]
            elif text not in self.ignored:
                self.ignored.append(text)
        return places


def _row(name: str, number: int, places: Mapping[int, str], cells: Sequence[Any], formulas: Sequence[Any]) -> Row:
    found: dict[str, tuple[str, Cell]] = {}
    own: dict[str, Any] = {KEY: None, VERSION: None}
    for place, (cell, formula) in enumerate(zip_longest(cells, formulas)):
        field_name = places.get(place)
        if field_name is None or cell is None:
            continue
        if field_name in own:
            own[field_name] = cell.value
            continue
        read = Cell(
            cell.value,
            is_formula=formula is not None and formula.data_type == "f",
            is_error=cell.data_type == "e",
            is_percent="%" in str(cell.number_format),
        )
        found[field_name] = (f"{name}{openpyxl.utils.get_column_letter(place + 1)}{number}", read)
    return Row(f"{name}{number}", own[KEY], own[VERSION], found)
