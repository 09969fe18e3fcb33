"""What is planned for a fiscal year: a row for each account, a column for each month."""

from __future__ import annotations

from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from erp import Invalid, Line, Record, _, _l, amount, current, flag, key_to, lines, link, long_text, text
from plugins.accounting.models import Account, FiscalYear

ZERO = Decimal(0)


class Budget(Record):
    """Budget. Budgets.

    What income and expenses of a fiscal year should come to, for the company or for one branch.
    """

    icon = "target"
    group = _l("Accounting")
    __table_args__ = (sa.UniqueConstraint("tenant_id", "name"), key_to("branch", "branch_id"))

    name: Mapped[str] = text(_l("Name"), listed=True, search=True)
    year: Mapped[FiscalYear] = link(_l("Fiscal year"), listed=True)
    is_of_branch: Mapped[bool] = flag(_l("Only of the branch I work at"), listed=True)
    branch_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    """The one branch it is about; None for the company."""
    note: Mapped[str | None] = long_text(_l("Note"))
    lines: Mapped[list[BudgetLine]] = lines(_l("Accounts"))

    def recompute(self) -> None:
        """Keep the branch it is made at; raises Invalid at an account that stands twice."""
        self.branch_id = (self.branch_id or current().branch_id) if self.is_of_branch else None
        seen: set[int] = set()
        for place, line in enumerate(self.lines):
            if line.account.id in seen:
                raise Invalid(fields={f"lines-{place}-account": _("This account stands here already.")})
            seen.add(line.account.id)


class BudgetLine(Line["Budget"]):
    """Budgeted account. Budgeted accounts."""

    account: Mapped[Account] = link(_l("Account"))
    account_id: Mapped[int]
    month_1: Mapped[Decimal] = amount(_l("Month 1"), default=ZERO)
    month_2: Mapped[Decimal] = amount(_l("Month 2"), default=ZERO)
    month_3: Mapped[Decimal] = amount(_l("Month 3"), default=ZERO)
    month_4: Mapped[Decimal] = amount(_l("Month 4"), default=ZERO)
    month_5: Mapped[Decimal] = amount(_l("Month 5"), default=ZERO)
    month_6: Mapped[Decimal] = amount(_l("Month 6"), default=ZERO)
    month_7: Mapped[Decimal] = amount(_l("Month 7"), default=ZERO)
    month_8: Mapped[Decimal] = amount(_l("Month 8"), default=ZERO)
    month_9: Mapped[Decimal] = amount(_l("Month 9"), default=ZERO)
    month_10: Mapped[Decimal] = amount(_l("Month 10"), default=ZERO)
    month_11: Mapped[Decimal] = amount(_l("Month 11"), default=ZERO)
    month_12: Mapped[Decimal] = amount(_l("Month 12"), default=ZERO)

    @property
    def description(self) -> str:
        """Its account."""
        return self.account.title
