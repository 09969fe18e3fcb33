from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from erp import _
from erp.screens import Answer, Beside, DocumentView, LinesShown, Opened, Question, TaskButton, allowed, asked, expose
from plugins.closing import packing, views_findings
from plugins.closing.models import MonthEnd, YearEnd


class Closes(DocumentView):
    """What the pages of months and years that are closed have in common."""

    def buttons(self, it: Opened) -> Sequence[TaskButton]:
        """The pack for an auditor."""
        return [TaskButton(_("Auditor's pack"), f"{it.url}/pack", "package-export")]

    def tables(self, it: Opened) -> Sequence[LinesShown]:
        """What is found just now, and who signed for it."""
        return views_findings.of(it.row)

    @expose("/<int:row_id>/pack", methods=("GET", "POST"))
    @allowed("show")
    def pack(self, row_id: int) -> Answer:
        """Say what is in the pack; a post has it made in the background."""
        it = self.opened(row_id)
        made: list[int] = []

        def do(_values: dict[str, Any]) -> str:
            made.append(packing.pack(it.row).id)
            return _("The pack is being made.")

        note = _(
            "One zip with the trial balance, the ledger, the journal, statements, open items, the value of stock, the "
            "tax return, who signed for what, who changed what, and every paper made in these days."
        )
        question = Question(_("Auditor's pack of %(number)s", number=it.number), _("Make it"), do, note=note,
                            goes_on=lambda: f"{self.url}export/{made[0]}")  # fmt: skip
        return asked(it, "pack", question)


class MonthEnds(Closes):
    """The pages of months that are closed, with how they stand."""

    type_name = "month_end"
    add_fields = ("period", "note")


class YearEnds(Closes):
    """The pages of years that are closed, with how they stand."""

    type_name = "year_end"
    add_fields = ("year", "note")


class BeforeSigning(Beside):
    """What somebody signs for, above the form they sign with."""

    def above(self, it: Opened, element: str) -> Sequence[LinesShown]:
        """The findings of the part that is asked about, or of all."""
        if not isinstance(it.row, MonthEnd | YearEnd):
            return ()
        return views_findings.of(it.row, element.removeprefix("check_") if element.startswith("check_") else "")
