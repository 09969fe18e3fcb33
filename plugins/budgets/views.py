from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import flash, redirect, request

from erp import _, can, company, files, i18n, importing
from erp.screens import (
    Answer,
    DocumentView,
    Field,
    Kind,
    Link,
    Opened,
    Question,
    Tally,
    allowed,
    asked,
    expose,
    rows_as_xlsx,
    sheets,
)
from plugins.budgets.models import Budget
from plugins.budgets.sheets import MONTHS, Compared, apply, compare, heads, rows

MOST = 500
"""Cells on the page that shows what a sheet changes."""


class Budgets(DocumentView):
    """The budgets' pages, with the sheet an accountant works on in Excel."""

    type_name = "budget"

    def links(self, it: Opened) -> Sequence[Link]:
        """The sheet, and bringing it back."""
        found = [Link(_("Excel sheet"), f"{it.url}/plan.xlsx", "file-spreadsheet")]
        if can("edit", self.type_name):
            found.append(Link(_("Bring the sheet back"), f"{it.url}/plan", "upload"))
        return found

    @expose("/<int:row_id>/plan.xlsx")
    @allowed("show")
    def plan_sheet(self, row_id: int) -> Answer:
        """A row for each account, a column for each month."""
        budget = self.opened(row_id).row
        return rows_as_xlsx(budget.name, _columns(budget), rows(budget), company().currency)

    @expose("/<int:row_id>/plan", methods=("GET", "POST"))
    @allowed("edit")
    def bring_plan(self, row_id: int) -> Answer:
        """Ask for the sheet; a post goes on to what it changes."""
        it = self.opened(row_id)
        went: list[str] = []

        def do(values: dict[str, Any]) -> str:
            given = values["file"].added[0]
            kept = importing.keep(files.clean_name(given.filename), given.read())
            compare(it.row, importing.opened(kept.id))
            went.append(f"{it.url}/plan/{kept.id}?version={it.row.version}")
            return _("Nothing is changed yet.")

        note = _(
            "The sheet of this budget as you changed it. A row of another account is added, an empty cell is nothing."
        )
        fields = [Field("file", Kind.FILES, _("Sheet"), required=True, accept=".xlsx,.csv")]
        question = Question(_("Bring the sheet back"), _("Look at it"), do, fields, note=note, goes_on=lambda: went[0])
        return asked(it, "plan", question)

    @expose("/<int:row_id>/plan/<int:file_id>", methods=("GET", "POST"))
    @allowed("edit")
    def look_at_plan(self, row_id: int, file_id: int) -> Answer:
        """What the sheet changes, cell by cell; a post changes it."""
        it = self.opened(row_id)
        found = compare(it.row, importing.opened(file_id))
        version = request.args.get("version", type=int) or 0
        if request.method == "POST":
            apply(it.row, found, version)
            flash(_("%(count)s cells are changed.", count=i18n.format_number(len(found.planned))), "success")
            return redirect(it.url)
        return sheets.shown(_page(it, found, f"{it.url}/plan/{file_id}?version={version}"))


def _columns(budget: Budget) -> list[Field]:
    """What stands above its sheet."""
    months = [
        Field(f"month_{month}", Kind.MONEY, head, total=True)
        for month, head in zip(MONTHS, heads(budget), strict=True)
    ]  # fmt: skip
    return [Field("account", label=_("Account")), Field("name", label=_("Name")), *months]


def _page(it: Opened, found: Compared, action: str) -> sheets.SheetPage:
    currency, months = company().currency, heads(it.row)
    cells = [
        sheets.SheetCell(
            each.address, each.account.title, f"/account/{each.account.id}", months[each.month - 1],
            i18n.format_money(each.old, currency), i18n.format_money(each.new, currency),
        )
        for each in found.planned[:MOST]
    ]  # fmt: skip
    count = i18n.format_number(len(found.planned))
    shown = _("%(first)s–%(last)s of %(count)s", first=i18n.format_number(min(1, len(cells))),
              last=i18n.format_number(len(cells)), count=count)  # fmt: skip
    return sheets.SheetPage(
        "look", _("Sheet of %(budget)s", budget=it.row.name), action, [Link(str(it.type.plural), "/budget/"),
        Link(it.row.name, it.url)], tallies=_tallies(found), cells=cells, range=shown,
        problems=[sheets.SheetSnag(each.address, each.row, each.message) for each in found.wrong],
        ignored=_(", ").join(found.ignored),
        submit=_("Change %(count)s cells", count=count) if found.planned and not found.wrong else "",
        back_url=f"{it.url}/plan",
    )  # fmt: skip


def _tallies(found: Compared) -> list[Tally]:
    tallies = [Tally("good" if found.planned else "idle", found.accounts, _("Accounts"), _("will change"))]
    if found.same:
        tallies.append(Tally("idle", found.same, _("Accounts"), _("stay as they are")))
    if found.wrong:
        tallies.append(Tally("bad", len(found.wrong), _("Cells"), _("cannot be taken")))
    return tallies
