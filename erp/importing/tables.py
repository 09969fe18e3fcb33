"""What a file holds: its columns and rows of text, whatever its encoding, delimiter or format."""

from __future__ import annotations

import csv
import gzip
import io
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from itertools import islice
from typing import Any

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from erp.errors import Invalid
from erp.i18n import _, format_number

LARGEST = 256 * 1024 * 1024
"""Bytes of a file once it is unpacked."""
MOST_ROWS = 1_000_000
MOST_COLUMNS = 300
DELIMITERS = ",;\t|"
UNREADABLE = (
    zipfile.BadZipFile, InvalidFileException, LookupError, ValueError, TypeError, AttributeError, OSError, SyntaxError,
)  # fmt: skip
"""What openpyxl raises for damaged books."""

Row = tuple[int, list[str]]
"""(number of the row as people count, its cells)"""


@dataclass(frozen=True)
class Table:
    """A file ready to be read, any number of times."""

    name: str
    columns: tuple[str, ...]
    content: bytes
    """CSV in UTF-8, or the bytes of a workbook."""
    encoding: str = ""
    delimiter: str = ""
    """Empty for a workbook."""

    def rows(self) -> Iterator[Row]:
        """Every row below the heading that is not empty, at least as wide as the heading; wider ones are mistakes."""
        width = len(self.columns)
        for number, cells in islice(_numbered(self.content, self.delimiter), 1, None):
            if number > MOST_ROWS:
                raise Invalid(fields={"file": _("At most %(count)s rows.", count=format_number(MOST_ROWS))})
            while len(cells) > width and not cells[-1].strip():
                cells.pop()
            yield number, cells + [""] * (width - len(cells))

    def samples(self, count: int = 3) -> dict[str, list[str]]:
        """A few different values of each column, for people to recognise it."""
        found: dict[str, list[str]] = {column: [] for column in self.columns}
        for _number, cells in islice(self.rows(), 200):
            for column, cell in zip(self.columns, cells, strict=False):
                text = cell.strip()
                if text and len(found[column]) < count and text not in found[column]:
                    found[column].append(text[:60])
        return found


def read(content: bytes, name: str) -> Table:
    """The table in a file's bytes; raises Invalid at `file` with a sentence."""
    content = _unpacked(content)
    if not content.strip():
        raise Invalid(fields={"file": _("“%(name)s” is empty.", name=name)})
    if content[:4] == b"PK\x03\x04":
        check_book(content)
        return Table(name, _heading(content, ""), content)
    if b"\x00" in content[:4096] and content[:2] not in {b"\xff\xfe", b"\xfe\xff"}:
        raise Invalid(fields={"file": _("“%(name)s” is neither a CSV file nor a workbook (.xlsx).", name=name)})
    text, encoding = _decoded(content)
    delimiter = _delimiter(text)
    content = text.encode()
    return Table(name, _heading(content, delimiter), content, encoding, delimiter)


def _unpacked(content: bytes) -> bytes:
    if content[:2] == b"\x1f\x8b":
        try:
            with gzip.GzipFile(fileobj=io.BytesIO(content)) as stream:
                content = stream.read(LARGEST + 1)
        except (OSError, EOFError, zlib.error):
            raise Invalid(fields={"file": _("The packed file is damaged. Pack it again.")}) from None
    _check_size(len(content))
    return content


def _check_size(size: int) -> None:
    if size > LARGEST:
        limit = LARGEST // 1024 // 1024
        raise Invalid(fields={"file": _("The file is larger than %(limit)s MB once unpacked.", limit=limit)})


def check_book(content: bytes) -> None:
    """Raise Invalid at `file` unless the bytes are a workbook that is not too large once it is unpacked."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as book:
            _check_size(sum(part.file_size for part in book.infolist()))
    except zipfile.BadZipFile:
        raise damaged() from None


def damaged() -> Invalid:
    """What is said of a workbook nothing can be read from."""
    return Invalid(fields={"file": _("The workbook is damaged. Save it again as .xlsx.")})


def _decoded(content: bytes) -> tuple[str, str]:
    marks = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16", b"\xef\xbb": "utf-8-sig"}
    marked = marks.get(content[:2])
    for encoding in (marked,) if marked else ("utf-8", "cp1252"):
        try:
            return content.decode(encoding), encoding
        except UnicodeDecodeError:
            continue
    raise Invalid(fields={"file": _("The file's letters cannot be read. Save it as UTF-8.")})


def _delimiter(text: str) -> str:
    """The sign that cuts the first rows most evenly into most cells."""
    head = "\n".join(text[:65536].splitlines()[:25])

    def evenness(sign: str) -> int:
        try:
            widths = [len(cells) for cells in csv.reader(io.StringIO(head), delimiter=sign) if cells]
        except csv.Error:
            return 0
        return sum(width == widths[0] for width in widths) * (widths[0] - 1) if widths else 0

    return max(DELIMITERS, key=evenness)


def _numbered(content: bytes, delimiter: str) -> Iterator[Row]:
    """Rows with their numbers, the heading first; empty rows are left out."""
    rows = _csv_rows(content, delimiter) if delimiter else _book_rows(content)
    for number, cells in enumerate(rows, 1):
        if any(cell and not cell.isspace() for cell in cells):
            yield number, cells


def _csv_rows(content: bytes, delimiter: str) -> Iterator[list[str]]:
    reader = csv.reader(io.TextIOWrapper(io.BytesIO(content), encoding="utf-8", newline=""), delimiter=delimiter)
    try:
        yield from reader
    except csv.Error:
        said = _("Row %(row)s cannot be read: a quotation mark is missing or a cell is too long.", row=reader.line_num)
        raise Invalid(fields={"file": said}) from None


def _book_rows(content: bytes) -> Iterator[list[str]]:
    try:
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
    except UNREADABLE:
        raise damaged() from None
    try:
        sheet: Any = book.worksheets[0]
        sheet.reset_dimensions()
        for cells in sheet.iter_rows(values_only=True):
            yield [_text(cell) for cell in cells]
    except UNREADABLE:
        raise damaged() from None
    finally:
        book.close()


def _text(cell: Any) -> str:
    """A workbook's cell as somebody would type it."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else format(Decimal(repr(cell)), "f")
    if isinstance(cell, datetime):
        return f"{cell:%Y-%m-%d}" if cell.time() == time() else f"{cell:%Y-%m-%d %H:%M}"
    if isinstance(cell, date):
        return cell.isoformat()
    return str(cell)


def _heading(content: bytes, delimiter: str) -> tuple[str, ...]:
    first = next(_numbered(content, delimiter), None)
    if first is None:
        raise Invalid(fields={"file": _("The file has no rows.")})
    return _named(first[1])


def _named(cells: Sequence[str]) -> tuple[str, ...]:
    """The columns' names, each once; those without one are called by their place."""
    while cells and not cells[-1].strip():
        cells = cells[:-1]
    if len(cells) > MOST_COLUMNS:
        raise Invalid(fields={"file": _("At most %(count)s columns.", count=MOST_COLUMNS)})
    found: list[str] = []
    for place, cell in enumerate(cells, 1):
        name = " ".join(cell.replace("{", "(").replace("}", ")").split())[:100] or _("Column %(place)s", place=place)
        again = 2
        unique = name
        while unique in found:
            unique, again = f"{name} ({again})", again + 1
        found.append(unique)
    return tuple(found)
