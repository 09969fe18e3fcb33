"""A report's values as people read them: the page, the paper and the picture say the same."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from erp import i18n, money
from erp.i18n import _
from erp.reports.definitions import Column, ColumnKind, Report
from erp.reports.totals import COMPANY, Totals, currency_of, places_of

DASH = "–"


class Wording:
    """How the values of one report read for the acting member; `company` is the company's currency."""

    def __init__(self, report: Report, company: str) -> None:
        self.report, self.company = report, company
        self.places = places_of(report.selected)
        self.currency = self.places[currency_of(report)] if currency_of(report) else -1
        self.only: str | None = None
        """The currency all amounts are in; None where they are of several, and each says its own."""
        self._fields = {column.name: column.field() for column in report.columns}

    def look(self, rows: Sequence[Sequence[Any]], whole: Totals | None) -> None:
        """See which currencies there are."""
        seen = {self.company}
        if self.currency >= 0:
            seen = {row[self.currency] or COMPANY for row in rows}
            seen |= set(whole.currencies) - {COMPANY} if whole is not None else set()
        self.only = next(iter(seen)) if len(seen) == 1 else None

    def text(self, column: Column, value: Any, currency: str = "") -> str:
        """A value as the reader reads it; a currency stands in front only where there are several."""
        if value is None or value == "":
            return DASH
        if column.kind is ColumnKind.MONEY:
            unit = currency or self.company
            text = i18n.format_number(value, _places(column, unit))
            return text if self.only is not None else f"{unit} {text}"
        if column.kind is ColumnKind.PERCENT:
            places = 1 if column.places is None else column.places
            return _("%(number)s %%", number=i18n.format_number(Decimal(value) * 100, places))
        if column.is_number:
            return i18n.format_number(value, column.places)
        return self._fields[column.name].shown(value)

    def figure(self, column: Column, value: Any, currency: str = "") -> str:
        """A value as it stands large on the overview: an amount without its cents."""
        if column.kind is not ColumnKind.MONEY or value is None:
            return self.text(column, value, currency)
        unit = currency or self.company
        text = i18n.format_number(money.to_step(value, Decimal(1)), 0)
        return text if self.only is not None else f"{unit} {text}"

    def cell(self, column: Column, row: Sequence[Any]) -> str:
        """A cell of a row as the reader reads it."""
        return self.text(column, row[self.places[column.name]], row[self.currency] if column.currency else "")

    def label(self, column: Column) -> str:
        """A column's head, with the currency all its amounts are in."""
        label = _(column.label)
        if column.kind is ColumnKind.MONEY and self.only:
            return _("%(label)s, %(unit)s", label=label, unit=self.only)
        return label

    def total(self, currency: str) -> str:
        """What the total of a currency is called."""
        is_alone = self.only is not None or currency == COMPANY
        return _("Total") if is_alone else _("Total, %(unit)s", unit=currency)


def sums(column: Column) -> bool:
    """Whether a column has a total."""
    return column.total or column.ratio is not None


def is_negative(value: Any) -> bool:
    """Whether a figure is below nothing."""
    return isinstance(value, Decimal | int) and not isinstance(value, bool) and value < 0


def _places(column: Column, currency: str) -> int:
    return column.places if column.places is not None else money.exponent(currency or "USD")
