"""The accountant's pages that differ from generated ones."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from erp import _, today
from erp.screens import Answer, DocumentView, Field, Kind, Link, Question, Stand, allowed, asked_at, expose
from plugins.accounting.years import MONTHS, make_year, next_start


class FiscalYears(DocumentView):
    """The fiscal years' pages: a year is made as a whole, one after another."""

    type_name = "fiscal_year"

    @expose("/new", methods=("GET", "POST"))
    @allowed("add")
    def add(self) -> Answer:
        """Ask when it begins, and make it with its months."""
        made: list[int] = []

        def do(values: dict[str, Any]) -> str:
            year = make_year(values["starts_on"], values["months"])
            made.append(year.id)
            return _("The fiscal year %(name)s is made, with a period for each month.", name=year.name)

        begins = next_start()
        fields = [
            Field("starts_on", Kind.DATE, _("Begins on"), required=True),
            Field(
                "months", Kind.INTEGER, _("Months"), required=True, minimum=Decimal(1), maximum=Decimal(18),
                help=_("Twelve, unless the first year is short or long."),
            ),
        ]  # fmt: skip
        values = {"starts_on": begins or today().replace(month=1, day=1), "months": MONTHS}
        stand = Stand(f"{self.url}new", self.url, [Link(str(self.type.plural), self.url)])
        question = Question(
            _("Make a fiscal year"), _("Make it"), do, fields, values,
            goes_on=lambda: f"{self.url}{made[0]}" if made else self.url,
        )  # fmt: skip
        return asked_at(stand, question)
