"""What a file holds: its columns and rows of text, whatever its encoding, delimiter or format."""

from __future__ import annotations

import csv
import gzip
import io
import os
import re
import tempfile
import weakref
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from erp import context, i18n, late
from erp.errors import Invalid
from erp.i18n import _, format_number

if TYPE_CHECKING:
    import openpyxl.utils.exceptions
else:
    openpyxl = late.module("openpyxl")

LARGEST = 256 * 1024 * 1024
"""Bytes of a file once it is unpacked."""
MOST_TEXTS = 64 * 1024 * 1024
"""Bytes of the different texts of a workbook: they alone are held in memory."""
MOST_ROWS = 1_000_000
SHEET_ROWS = 1_048_576
"""Rows a sheet can have; whatever says it has more is no sheet."""
MOST_COLUMNS = 300
DELIMITERS = ",;\t|"
STEP = 1024 * 1024
ERRORS = frozenset({"#DIV/0!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!"})
"""What a sheet shows where its own formula went wrong."""
UNSOLVED = "\ue000"
"""Stands for a formula that was never calculated."""
MERGED = re.compile(rb'<(?:\w+:)?mergeCell [^>]*ref="([A-Z0-9:]+)"')

Row = tuple[int, list[str]]
"""(number of the row as people count, its cells)"""


@dataclass(frozen=True)
class Table:
    """A file ready to be read, any number of times; its unpacked copy on the disk goes with it."""

    name: str
    columns: tuple[str, ...]
    path: Path
    """CSV in UTF-8, or a workbook."""
    encoding: str = ""
    delimiter: str = ""
    """Empty for a workbook."""
    is_returned: bool = False
    """Whether it is a file of rows left out: its last two columns, which say why, are not read."""

    @property
    def size(self) -> int:
        """Bytes of the unpacked file."""
        return self.path.stat().st_size

    def rows(self) -> Iterator[Row]:
        """Every row below the heading that is not empty, at least as wide as the heading; wider ones are mistakes."""
        width = len(self.columns)
        for number, cells in islice(_numbered(self.path, self.delimiter), 1, None):
            if number > MOST_ROWS:
                raise Invalid(fields={"file": _("At most %(count)s rows.", count=format_number(MOST_ROWS))})
            if self.is_returned:
                del cells[width:]
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
    handle, file_name = tempfile.mkstemp(prefix="millrace-table-")
    path = Path(file_name)
    try:
        with os.fdopen(handle, "wb") as out:
            _unpack(content, out)
        table = _opened(path, name)
    except BaseException:
        path.unlink()
        raise
    weakref.finalize(table, path.unlink, missing_ok=True)
    return table


def _opened(path: Path, name: str) -> Table:
    with path.open("rb") as stream:
        head = stream.read(4096)
    if not head.strip() and path.stat().st_size <= len(head):
        raise Invalid(fields={"file": _("“%(name)s” is empty.", name=name)})
    if head[:4] == b"PK\x03\x04":
        check_book(path)
        _refuse_merged(path)
        return _with_heading(Table(name, (), path))
    if b"\x00" in head and head[:2] not in {b"\xff\xfe", b"\xfe\xff"}:
        raise Invalid(fields={"file": _("“%(name)s” is neither a CSV file nor a workbook (.xlsx).", name=name)})
    encoding = _recode(path, head)
    with path.open(encoding="utf-8", newline="") as text:
        delimiter = _delimiter(text.read(65536))
    return _with_heading(Table(name, (), path, encoding, delimiter))


def _with_heading(table: Table) -> Table:
    columns = _heading(table.path, table.delimiter)
    if columns[-2:] in _reasons():
        return replace(table, columns=columns[:-2], is_returned=True)
    return replace(table, columns=columns)


def reason_heads() -> tuple[str, str]:
    """What a file of rows left out calls its two last columns."""
    return _("Row of the file"), _("What is wrong")


def _reasons() -> set[tuple[str, ...]]:
    """The same in every language: a file may come back to somebody who reads another."""
    found: set[tuple[str, ...]] = set()
    for language in i18n.LANGUAGE_NAMES:
        with context.acting(language=language):
            found.add(reason_heads())
    return found


def _unpack(content: bytes, out: IO[bytes]) -> None:
    if content[:2] != b"\x1f\x8b":
        _check_size(len(content))
        out.write(content)
        return
    size = 0
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(content)) as stream:
            while step := stream.read(STEP):
                size += len(step)
                _check_size(size)
                out.write(step)
    except (OSError, EOFError, zlib.error):
        raise Invalid(fields={"file": _("The packed file is damaged. Pack it again.")}) from None


def _check_size(size: int, limit: int = 0) -> None:
    limit = limit or LARGEST
    if size > limit:
        shown = limit // 1024 // 1024
        raise Invalid(fields={"file": _("The file is larger than %(limit)s MB once unpacked.", limit=shown)})


def check_book(source: Path | IO[bytes]) -> None:
    """Raise Invalid at `file` unless it is a workbook that is not too large once it is unpacked."""
    try:
        with zipfile.ZipFile(source) as book:
            _check_size(sum(part.file_size for part in book.infolist()))
            for part in book.infolist():
                if part.filename.lower().endswith("sharedstrings.xml"):
                    _check_size(part.file_size, MOST_TEXTS)
    except zipfile.BadZipFile:
        raise damaged() from None


def damaged() -> Invalid:
    """What is said of a workbook nothing can be read from."""
    return Invalid(fields={"file": _("The workbook is damaged. Save it again as .xlsx.")})


def _refuse_merged(path: Path) -> None:
    """Merged cells hold their value once: rows below would come in without it."""
    found = MERGED.search(_part_tail(path))
    if found is not None:
        said = _("The cells %(range)s are merged. Unmerge all cells, so that each row has its own values.",
                 range=found[1].decode())  # fmt: skip
        raise Invalid(fields={"file": said})


def _part_tail(path: Path) -> bytes:
    """The end of the first sheet's XML, behind its rows."""
    try:
        with _book(path) as book, book.worksheets[0]._get_source() as stream:  # noqa: SLF001 - the rows are not wanted
            tail = b""
            while step := stream.read(STEP):
                tail = (tail + step)[-STEP:]
            return tail
    except unreadable():
        raise damaged() from None


def unreadable() -> tuple[type[Exception], ...]:
    """What openpyxl raises for damaged books."""
    return (
        zipfile.BadZipFile, openpyxl.utils.exceptions.InvalidFileException, LookupError, ValueError, TypeError,
        AttributeError, OSError, SyntaxError, zlib.error, NotImplementedError, RuntimeError,
    )  # fmt: skip


@contextmanager
def _book(path: Path, **options: bool) -> Iterator[Any]:
    """A workbook, closed at the end even when openpyxl gives up half-way."""
    with path.open("rb") as stream, closing(openpyxl.load_workbook(stream, read_only=True, **options)) as book:
        yield book


def _recode(path: Path, head: bytes) -> str:
    """Bring a text file into UTF-8, in place; returns what it was written in."""
    marks = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16", b"\xef\xbb": "utf-8-sig"}
    marked = marks.get(head[:2])
    for encoding in (marked,) if marked else ("utf-8", "cp1252"):
        other = path.with_suffix(".utf8")
        try:
            with path.open(encoding=encoding, newline="") as old, other.open("w", encoding="utf-8", newline="") as new:
                while step := old.read(STEP):
                    new.write(step)
        except UnicodeError:
            other.unlink()
            continue
        other.replace(path)
        _check_size(path.stat().st_size)
        return encoding
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


def _numbered(path: Path, delimiter: str) -> Iterator[Row]:
    """Rows with their numbers, the heading first; empty rows are left out."""
    rows = _csv_rows(path, delimiter) if delimiter else _book_rows(path)
    for number, cells in enumerate(rows, 1):
        if any(cell and not cell.isspace() for cell in cells):
            yield number, cells
        elif number > SHEET_ROWS and not delimiter:
            raise damaged()


def _csv_rows(path: Path, delimiter: str) -> Iterator[list[str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        reader = csv.reader(stream, delimiter=delimiter)
        try:
            yield from reader
        except csv.Error:
            said = _("Row %(row)s cannot be read: a quotation mark is missing or a cell is too long.",
                     row=reader.line_num)  # fmt: skip
            raise Invalid(fields={"file": said}) from None


def _book_rows(path: Path) -> Iterator[list[str]]:
    """Rows as shown; a formula that was never calculated is marked as such."""
    try:
        with _book(path, data_only=True) as shown:
            sheet = shown.worksheets[0]
            sheet.reset_dimensions()
            if not _has_formulas(sheet):
                for cells in sheet.iter_rows(values_only=True):
                    yield [_text(cell) for cell in cells]
                return
            with _book(path) as typed:
                other = typed.worksheets[0]
                other.reset_dimensions()
                for cells, formulas in zip(sheet.iter_rows(), other.iter_rows(), strict=True):
                    yield [_solved(cell, formula) for cell, formula in zip(cells, formulas, strict=False)]
    except unreadable():
        raise damaged() from None


def _has_formulas(sheet: Any) -> bool:
    with sheet._get_source() as stream:  # noqa: SLF001 - asked once, where each cell would be asked twice
        before = b""
        while step := stream.read(STEP):
            if b"<f>" in (before := before[-3:] + step) or b"<f " in before:
                return True
    return False


def _solved(cell: Any, formula: Any) -> str:
    return UNSOLVED if cell.value is None and formula.data_type == "f" else _text(cell.value)


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


def _heading(path: Path, delimiter: str) -> tuple[str, ...]:
    first = next(_numbered(path, delimiter), None)
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
