from __future__ import annotations

from collections.abc import Sequence

from erp.screens import Beside, DocumentView, LinesShown, Opened
from plugins.closing import views_findings
from plugins.closing.models import MonthEnd, YearEnd


class MonthEnds(DocumentView):
    """The pages of months that are closed, with how they stand."""

    type_name = "month_end"
    add_fields = ("period", "note")

    def tables(self, it: Opened) -> Sequence[LinesShown]:
        """What is found just now, and who signed for it."""
        return views_findings.of(it.row)


class YearEnds(DocumentView):
    """The pages of years that are closed, with how they stand."""

    type_name = "year_end"
    add_fields = ("year", "note")

    def tables(self, it: Opened) -> Sequence[LinesShown]:
        """What is found just now, and who signed for it."""
        return views_findings.of(it.row)


class BeforeSigning(Beside):
    """What somebody signs for, above the form they sign with."""

    def above(self, it: Opened, element: str) -> Sequence[LinesShown]:
        """The findings of the part that is asked about, or of all."""
        if not isinstance(it.row, MonthEnd | YearEnd):
            return ()
        return views_findings.of(it.row, element.removeprefix("check_") if element.startswith("check_") else "")
