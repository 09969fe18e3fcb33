from __future__ import annotations

from erp import Document, telling
from plugins.accounting.api import closing_findings
from plugins.closing.models import CLOSED, MonthEnd, YearEnd


@telling.worked_out.answer
def how_it_stands(document: Document) -> list[telling.Told]:
    """What is found just now of a month or year that is being closed, above the forms that sign for it."""
    if not isinstance(document, MonthEnd | YearEnd) or document.passed(CLOSED):
        return []
    marks = {True: "✓", False: "✗"}
    return [(f"{marks[each.is_clear]} {each.title}", each.found, "text") for each in closing_findings(*document.span)]
