"""Sums of a report's columns; amounts of several currencies are never added up, each has a sum of its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from erp.reports.definitions import Column, Report

COMPANY = ""
"""Stands for the currency of columns that are in the company's own, and of what is no money."""


class Totals:
    """What rows come to; `places` says where a column stands in a row."""

    def __init__(self, report: Report, places: Mapping[str, int]) -> None:
        own = {column.name for column in report.columns if column.total and not column.currency}
        own |= {name for column in report.columns for name in column.ratio or ()}
        foreign = {column.name for column in report.columns if column.total and column.currency}
        foreign |= {name for name in own if (found := report.column(name)) is not None and found.currency}
        self.columns = [column for column in report.columns if column.total or column.ratio]
        self._own = [(name, places[name]) for name in sorted(own - foreign)]
        self._foreign = [(name, places[name]) for name in sorted(foreign)]
        self._currency = places[currency_of(report)] if foreign else -1
        self.sums: dict[str, dict[str, Decimal]] = {}
        self.count = 0

    def add(self, row: Sequence[Any]) -> None:
        """One more row."""
        self.count += 1
        if self._own:
            self._sum(COMPANY, self._own, row)
        if self._foreign:
            self._sum(row[self._currency] or COMPANY, self._foreign, row)

    def _sum(self, currency: str, columns: Sequence[tuple[str, int]], row: Sequence[Any]) -> None:
        sums = self.sums.setdefault(currency, {})
        for name, place in columns:
            value = row[place]
            if value is not None:
                sums[name] = sums.get(name, 0) + value

    @property
    def asked(self) -> list[str]:
        """The columns that are summed."""
        return [name for name, _place in (*self._own, *self._foreign)]

    def take(self, currency: str | None, count: int, sums: Mapping[str, Decimal | None]) -> None:
        """What the database has counted of the rows of one currency."""
        self.count += count
        for name, value in sums.items():
            unit = (currency or COMPANY) if any(name == each for each, _place in self._foreign) else COMPANY
            if value is not None:
                known = self.sums.setdefault(unit, {})
                known[name] = known.get(name, 0) + value

    @property
    def currencies(self) -> list[str]:
        """The currencies there are sums in, the first seen first; one, perhaps COMPANY, at least."""
        return [each for each in self.sums if each != COMPANY] or [COMPANY]

    def of(self, column: Column, currency: str) -> Decimal | None:
        """What a column comes to in a currency; None where that says nothing."""
        if column.ratio is not None:
            above, below = (self._summed(name, currency) for name in column.ratio)
            return above / below if above is not None and below else None
        return self._summed(column.name, currency)

    def _summed(self, name: str, currency: str) -> Decimal | None:
        if any(name == each for each, _place in self._foreign):
            return self.sums.get(currency, {}).get(name)
        return self.sums.get(COMPANY, {}).get(name) if currency == self.currencies[0] else None

    def lines(self) -> Iterator[tuple[str, list[Decimal | None]]]:
        """(currency, total of each of `columns`) for each currency."""
        for currency in self.currencies:
            yield currency, [self.of(column, currency) for column in self.columns]


def currency_of(report: Report) -> str:
    """The column that names the currency of a row, '' where all amounts are the company's."""
    return next((column.currency for column in report.columns if column.currency), "")


def places_of(names: Sequence[str]) -> dict[str, int]:
    """Where each name stands in a row."""
    return {name: place for place, name in enumerate(names)}
