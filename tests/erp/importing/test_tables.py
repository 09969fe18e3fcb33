"""Reading files: whatever people export from elsewhere."""

from __future__ import annotations

import gzip
import io
import zipfile
from contextlib import suppress
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook

from erp.errors import Invalid
from erp.importing import tables
from erp.importing.tables import read

NINE = datetime(2026, 11, 21, 9, 5, tzinfo=UTC).replace(tzinfo=None)
"""Workbooks know no time zones."""


def book(*rows: tuple[object, ...]) -> bytes:
    made = Workbook()
    for row in rows:
        made.active.append(row)
    buffer = io.BytesIO()
    made.save(buffer)
    return buffer.getvalue()


def refused(content: bytes, name: str = "a.csv") -> str:
    with pytest.raises(Invalid) as error:
        list(read(content, name).rows())
    return error.value.fields["file"]


@pytest.mark.parametrize("sign", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(sign: str):
    table = read(
        f"No{sign}Name{sign}Price\n1{sign}A, b; c{sign}2.5\n2{sign}D{sign}3\n".replace("A, b; c", '"A, b; c"').encode(),
        "a.csv",
    )
    assert table.columns == ("No", "Name", "Price")
    assert list(table.rows()) == [(2, ["1", "A, b; c", "2.5"]), (3, ["2", "D", "3"])]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_the_encoding_is_found(encoding: str):
    table = read("Name,City\nZoë,Málaga\n".encode(encoding), "a.csv")
    assert table.columns == ("Name", "City")
    assert list(table.rows()) == [(2, ["Zoë", "Málaga"])]


def test_a_packed_file_is_unpacked():
    table = read(gzip.compress(b"a,b\n1,2\n"), "a.csv.gz")
    assert list(table.rows()) == [(2, ["1", "2"])]


def test_a_workbook_reads_as_people_would_type_it():
    content = book(
        ("No", "Day", "At", "Price", "Paid", None),
        (17850.0, date(2026, 11, 21), NINE, 2.55, True, None),
        (None,) * 6,
    )
    assert list(read(content, "a.xlsx").rows()) == [(2, ["17850", "2026-11-21", "2026-11-21 09:05", "2.55", "true"])]


def test_empty_rows_are_left_out_but_counted():
    assert list(read(b"a,b\n\n1,2\n,\n3,4\n", "a.csv").rows()) == [(3, ["1", "2"]), (5, ["3", "4"])]


def test_columns_without_a_name_and_with_the_same_name_stay_apart():
    assert read(b"Name,,Name\n1,2,3\n", "a.csv").columns == ("Name", "Column 2", "Name (2)")


def test_samples_are_different_values():
    assert read(b"a,b\n1,x\n1,y\n2,\n", "a.csv").samples() == {"a": ["1", "2"], "b": ["x", "y"]}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"),
        (b"  \n ", "empty"),
        (b"\n,,\n", "no rows"),
        (b"\x00\x01\x02binary", "neither"),
        (b"\x1f\x8bnot really packed", "damaged"),
        (b"PK\x03\x04not really a book", "damaged"),
        (gzip.compress(b"a,b\n1,2\n", mtime=0)[:-6], "damaged"),
        (b"a,b\n1," + b"x" * 200_000, "too long"),
        (b"name\n\x81\x8d", "letters"),
    ],
)
def test_what_cannot_be_read_is_said(content: bytes, said: str):
    assert said in refused(content)


def test_a_book_that_lost_its_sheets_is_damaged():
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as made:
        made.writestr("hello.txt", "hello")
    assert "damaged" in refused(buffer.getvalue(), "a.xlsx")


def test_a_bomb_is_not_unpacked(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(tables, "LARGEST", 1024)
    assert "larger than" in refused(gzip.compress(b"a,b\n" + b"1,2\n" * 1000))
    assert "larger than" in refused(book(*[("x" * 30, place) for place in range(200)]), "a.xlsx")


def test_there_is_a_most_of_rows(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(tables, "MOST_ROWS", 3)
    assert "At most 3 rows" in refused(b"a\n1\n2\n3\n4\n")


@given(st.binary(max_size=300))
def test_no_bytes_break_the_reader(content: bytes):
    for start in (b"", b"a,b\n", b"PK\x03\x04", b"\x1f\x8b", b"\xff\xfe", b"\xef\xbb\xbf"):
        with suppress(Invalid):
            list(read(start + content, "a.csv").rows())


@given(
    st.lists(
        st.lists(
            st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=8),
            min_size=2,
            max_size=4,
        ),
        max_size=5,
    )
)
def test_what_a_book_holds_comes_out(rows: list[list[str]]):
    clean = [[cell for cell in row if cell.isprintable()] for row in rows]
    content = book(("A", "B", "C", "D"), *(tuple(row) for row in clean))
    found = [cells for _row, cells in read(content, "a.xlsx").rows()]
    wanted = [(row + [""] * 4)[:4] for row in clean if any(cell.strip() for cell in row)]
    assert [[cell.strip() for cell in row] for row in found] == [
        [cell.strip() for cell in row] for row in wanted
    ] or any(cell.startswith("=") for row in clean for cell in row)
