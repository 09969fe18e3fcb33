"""What colleagues laid out for the company, and boxes of petty cash that are kept at one amount."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Mapped

from erp import Document, Invalid, Line, Record, _, _l, choice, company, day, lines, link, money, text, today
from erp import amount as money_of
from plugins.accounting.models import Account
from plugins.parties.models import Party
from plugins.taxes.models import Tax

POSTED = "posted"
ZERO, HUNDRED = Decimal(0), Decimal(100)
KINDS = {"spend": _l("Spent"), "top_up": _l("Topped up"), "count": _l("Counted")}


class ExpenseClaim(Document):
    """Expense claim. Expense claims.

    What a colleague laid out, with receipts: approved, posted, and paid back.
    """

    prefix = "EXP"
    relies_on = (POSTED,)
    takes_history = False
    icon = "receipt"
    group = _l("Accounting")
    amount_field = "total"
    content_fields = ("employee", "lines")

    employee: Mapped[Party] = link(_l("Colleague"), listed=True, help=_l("Who is paid back."))
    purpose: Mapped[str] = text(_l("What for"), length=300, listed=True, search=True)
    no_receipt: Mapped[str | None] = text(_l("Why there is no receipt"), length=300)
    decision_note: Mapped[str | None] = text(_l("Said to it"), length=400, readonly=True)
    total: Mapped[Decimal] = money_of(_l("Total"), readonly=True, default=ZERO, listed=True, total=True)
    posted_on: Mapped[date | None] = day(_l("Posted on"), readonly=True)
    lines: Mapped[list[ExpenseClaimLine]] = lines(_l("Lines"))

    @property
    def summary(self) -> str:
        """What it was for, for inbox and search."""
        return self.purpose

    def recompute(self) -> None:
        """The tax in every line and what all come to."""
        for line in self.lines:
            line.tax_amount = tax_in(line.amount, line.tax, company().currency)
        self.total = sum((line.amount or ZERO for line in self.lines), ZERO)

    def check(self) -> None:
        """Raise Invalid at lines of a day that has not come."""
        said = _("This day has not come yet.")
        late = {f"lines-{place}-spent_on": said for place, line in enumerate(self.lines) if line.spent_on > today()}
        if late:
            raise Invalid(fields=late)

    def check_accounts(self) -> None:
        """Raise Invalid at lines that are no expense."""
        said = _("Choose an account for expenses.")
        wrong = {f"lines-{at}-account": said for at, line in enumerate(self.lines) if line.account.kind != "expense"}
        if wrong:
            raise Invalid(fields=wrong)


class ExpenseClaimLine(Line["ExpenseClaim"]):
    """Expense. Expenses."""

    spent_on: Mapped[date] = day(_l("Day"), default=today)
    description: Mapped[str] = text(_l("What"), length=300)
    account: Mapped[Account] = link(_l("Account"))
    account_id: Mapped[int]
    tax: Mapped[Tax | None] = link(_l("Tax in it"), help=_l("Only where the receipt names it."))
    tax_id: Mapped[int | None]
    amount: Mapped[Decimal] = money_of(_l("Paid"), minimum=Decimal("0.01"))
    tax_amount: Mapped[Decimal] = money_of(_l("Tax"), readonly=True, default=ZERO)


class PettyCashFloat(Record):
    """Petty cash. Petty cash boxes.

    A box kept at one amount: what is spent from it is topped up again, so cash and receipts always come to that.
    """

    icon = "cash"
    group = _l("Accounting")
    __table_args__ = (sa.UniqueConstraint("tenant_id", "name"), sa.UniqueConstraint("tenant_id", "account_id"))

    name: Mapped[str] = text(_l("Name"), search=True, listed=True)
    account: Mapped[Account] = link(_l("Account"), listed=True, help=_l("One for each box."))
    account_id: Mapped[int]
    keeper: Mapped[Party | None] = link(_l("Kept by"), listed=True)
    limit: Mapped[Decimal] = money_of(_l("Kept at"), minimum=Decimal("0.01"), listed=True)

    def check(self) -> None:
        """Raise Invalid where its account holds no money."""
        if self.account.kind != "asset":
            raise Invalid(fields={"account": _("Choose an account for cash.")})


class PettyCashEntry(Document):
    """Petty cash entry. Petty cash entries.

    Cash spent from a box, put into it, or counted.
    """

    prefix = "PC"
    relies_on = (POSTED,)
    takes_history = False
    icon = "cash-banknote"
    group = _l("Accounting")
    amount_field = "amount"

    box: Mapped[PettyCashFloat] = link(_l("Box"), listed=True)
    kind: Mapped[str] = choice(_l("Kind"), KINDS, default="spend", listed=True)
    entry_on: Mapped[date] = day(_l("Day"), default=today, listed=True)
    amount: Mapped[Decimal] = money_of(
        _l("Amount"), minimum=ZERO, listed=True, help=_l("Of a count: what lies in the box.")
    )
    account: Mapped[Account | None] = link(_l("Account"), help=_l("What it was spent on."))
    account_id: Mapped[int | None]
    tax: Mapped[Tax | None] = link(_l("Tax in it"), help=_l("Only where the receipt names it."))
    tax_id: Mapped[int | None]
    text: Mapped[str] = text(_l("What for"), length=300, listed=True, search=True)
    difference: Mapped[Decimal] = money_of(
        _l("More or less than the books"),
        readonly=True,
        default=ZERO,
        help=_l("Of a count; below zero where cash is missing."),
    )

    @property
    def summary(self) -> str:
        """The box and what for, for inbox and search."""
        return _("%(box)s: %(text)s", box=self.box.name, text=self.text)

    def check_whole(self) -> None:
        """Raise Invalid where money is spent on nothing, or on what is no expense."""
        if self.kind == "spend" and (self.account is None or self.account.kind != "expense"):
            raise Invalid(fields={"account": _("Choose an account for expenses.")})
        if self.kind != "count" and not self.amount:
            raise Invalid(fields={"amount": _("Fill this in.")})


def tax_in(paid: Decimal | None, tax: Tax | None, currency: str) -> Decimal:
    """The tax an amount contains."""
    if tax is None or not paid:
        return ZERO
    return money.rounded(paid * tax.rate / (HUNDRED + tax.rate), currency)
