"""A report's two files: what is refused, in which words; a broken one stops no other."""

from __future__ import annotations

from pathlib import Path

import pytest

from erp.reports import library
from erp.reports.reading import ReportUnfit, read

TOML = """
title = "Orders"
[[parameters]]
name = "period"
type = "period"
label = "Period"
default = "this_month"
[[columns]]
name = "number"
type = "text"
label = "Number"
[[columns]]
name = "net"
type = "money"
label = "Net"
total = true
"""
SQL = "-- a comment; with a semicolon\nselect number, net from thing where day >= :period_from and text <> 'a;b'"


def test_two_files_are_a_report():
    report = read("things", "orders", TOML, SQL)
    assert report.right == "report:orders"
    assert report.selected == ("number", "net")
    assert not report.is_narrowed
    assert report.bound == {"period_from"}


@pytest.mark.parametrize(("toml", "sql", "sentence"), [
    (TOML + "x = 1", SQL, "net does not know “x”"),
    ("title = [", SQL, "cannot be read"),
    (TOML.replace('type = "money"', 'type = "gold"'), SQL, "its type is one of text, integer"),
    (TOML.replace("this_month", "once"), SQL, "there is no period once"),
    (TOML.replace("total = true", 'total = "a + b"'), SQL, "as in “margin / net”"),
    (TOML.replace('name = "net"', 'name = "number"'), SQL, "two columns called number"),
    (TOML.replace('name = "net"', 'name = "Net; drop"'), SQL, "needs a name of small letters"),
    (TOML + '[chart]\ntype = "bar"\nx = "day"\ny = ["net"]', SQL, "The chart names day"),
    (TOML + '[tile]\nlabel = "L"\ncolumn = "number"', SQL, "no column with a total"),
    (TOML, SQL + " and x = :hidden", "bound to :hidden"),
    (TOML, "delete from thing returning 1", "must be one SELECT"),
    (TOML, SQL + "; select 2", "holds “;”"),
    (TOML, "with gone as (delete from thing returning *) select * from gone", "holds “delete”"),
])  # fmt: skip
def test_what_does_not_fit_is_told(toml: str, sql: str, sentence: str):
    with pytest.raises(ReportUnfit, match=r".") as refused:
        read("things", "orders", toml, sql)
    assert sentence in refused.value.message


def test_a_broken_report_stops_no_other(tmp_path: Path):
    before = dict(library.reports())
    for name, sql in (("good", SQL), ("bad", "drop table thing")):
        (tmp_path / f"{name}.toml").write_text(TOML)
        (tmp_path / f"{name}.sql").write_text(sql)
    (tmp_path / "alone.toml").write_text(TOML)
    try:
        library.init_folders({"things": [tmp_path]})
        assert list(library.reports()) == ["good"]
        assert set(library.faults()) == {"things/bad", "things/alone"}
    finally:
        library._reports.clear()
        library._reports.update(before)
        library._faults.clear()


def test_the_site_wins_over_what_is_shipped(tmp_path: Path):
    before = dict(library.reports())
    for folder, title in (("site", "Ours"), ("shipped", "Theirs")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "orders.toml").write_text(TOML.replace("Orders", title))
        (tmp_path / folder / "orders.sql").write_text(SQL)
    try:
        library.init_folders({"things": [tmp_path / "site", tmp_path / "shipped"]})
        assert library.reports()["orders"].title == "Ours"
    finally:
        library._reports.clear()
        library._reports.update(before)
