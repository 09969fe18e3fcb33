"""The rows of a report with the heads of their groups and what each group comes to, for pages and papers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from erp.reports.definitions import Column, Report
from erp.reports.totals import Totals, places_of

Row = Sequence[Any]


@dataclass(frozen=True)
class Head:
    """The head of a group; `totals` are None where the group was cut off."""

    column: Column
    level: int
    first: Row
    """Its first row."""
    totals: Totals | None


@dataclass
class _Open:
    """A group while its rows are read."""

    at: int
    value: Any
    first: Row
    totals: Totals


def grouped(report: Report, rows: Sequence[Row], *, is_cut: bool = False) -> list[Head | Row]:
    """Rows that stand in groups, the head of each before its rows; the last groups are cut off when `is_cut`."""
    found: list[Head | Row] = []
    open_: list[_Open] = []
    every = places_of(report.selected)
    places = [every[column.name] for column in report.groups]
    for row in rows:
        keys = [row[place] for place in places]
        same = next((n for n, group in enumerate(open_) if group.value != keys[n]), len(open_))
        _close(report, found, open_, same)
        for level in range(len(open_), len(places)):
            open_.append(_Open(len(found), keys[level], row, Totals(report, every)))
            found.append(())
        for group in open_:
            group.totals.add(row)
        found.append(row)
    _close(report, found, open_, 0, is_cut=is_cut)
    return found


def _close(report: Report, found: list[Head | Row], open_: list[_Open], keep: int, *, is_cut: bool = False) -> None:
    while len(open_) > keep:
        group = open_.pop()
        level = len(open_)
        found[group.at] = Head(report.groups[level], level, group.first, None if is_cut else group.totals)
