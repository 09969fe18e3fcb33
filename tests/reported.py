"""What a report says, for tests."""

from __future__ import annotations

from decimal import Decimal

from erp.reports import library, parameters, running


def rows(name, **args):
    """The rows of a report as dictionaries, in its own order."""
    report = library.reports()[name]
    chosen = parameters.chosen(report, args)
    with running.opened(report, chosen) as found:
        return [dict(zip(report.selected, row, strict=True)) for row in found]


def table(name, *columns, **args):
    """The values of some columns, row by row; numbers without the noughts behind them."""
    return [tuple(plain(row[column]) for column in columns) for row in rows(name, **args)]


def total(name, column, **args):
    """The sum of a column."""
    return sum((row[column] or Decimal(0) for row in rows(name, **args)), Decimal(0))


def plain(value):
    """A number that reads as it was typed."""
    return value.normalize() + 0 if isinstance(value, Decimal) else value
