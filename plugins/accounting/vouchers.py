"""What accountants write by hand: vouchers, which become entries when they are posted, and those that come again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from erp import (
    Document,
    Invalid,
    Line,
    Record,
    _,
    _l,
    amount,
    choice,
    company,
    day,
    flag,
    i18n,
    integer,
    lines,
    link,
    text,
    today,
)
from plugins.accounting.models import Account, Journal
from plugins.parties.models import Party

POSTED = "posted"
ZERO = Decimal(0)
EVERY: dict[str, str] = {"1": _l("Month"), "3": _l("Quarter"), "6": _l("Half a year"), "12": _l("Year")}


class JournalVoucher(Document):
    """Voucher. Vouchers.

    An entry written by hand: an opening balance, depreciation, a correction. Posted once its sides are equal.
    """

    prefix = "JV"
    relies_on = (POSTED,)
    takes_history = False
    icon = "writing"
    group = _l("Accounting")
    subtitle_field = "text"
    amount_field = "total"

    journal: Mapped[Journal | None] = link(_l("Journal"), help=_l("Empty: the general journal."))
    journal_id: Mapped[int | None]
    voucher_date: Mapped[date] = day(_l("Date"), default=today, listed=True)
    in_currency: Mapped[str | None] = choice(
        _l("Amounts in"), i18n.currencies(), help=_l("Empty: the company's currency. Else by the rate of the date.")
    )
    reverse_on: Mapped[date | None] = day(_l("Take back on"), help=_l("Its mirror is posted on that day by itself."))
    is_automatic: Mapped[bool] = flag(_l("Posted without being looked at"), readonly=True)
    total: Mapped[Decimal] = amount(_l("Total"), readonly=True, default=ZERO, listed=True, total=True)
    entry_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    """The journal entry it became."""
    text: Mapped[str] = text(_l("Text"), length=300, listed=True, search=True)
    lines: Mapped[list[JournalVoucherLine]] = lines(_l("Lines"))

    def recompute(self) -> None:
        """What is debited in all; raises Invalid at a line that has both sides."""
        check_sides(self.lines)
        self.total = sum((line.debit or ZERO for line in self.lines), ZERO)

    def check_balanced(self) -> None:
        """Raise Invalid at the lines unless there are some and both sides are equal."""
        check_balanced(self.lines, self.in_currency or company().currency)


class JournalVoucherLine(Line["JournalVoucher"]):
    """Voucher line. Voucher lines."""

    account: Mapped[Account] = link(_l("Account"))
    account_id: Mapped[int]
    text: Mapped[str | None] = text(_l("Text"), length=300)
    party: Mapped[Party | None] = link(_l("Party"))
    party_id: Mapped[int | None]
    due_on: Mapped[date | None] = day(_l("Due"))
    debit: Mapped[Decimal] = amount(_l("Debit"), default=ZERO, minimum=ZERO, hides_zero=True)
    credit: Mapped[Decimal] = amount(_l("Credit"), default=ZERO, minimum=ZERO, hides_zero=True)

    @property
    def description(self) -> str:
        """Its account."""
        return self.account.title


class RecurringEntry(Record):
    """Recurring entry. Recurring entries.

    A voucher that is made again and again, such as rent or depreciation, from a day on until a day.
    """

    icon = "calendar-repeat"
    group = _l("Accounting")

    name: Mapped[str] = text(_l("Name"), search=True, listed=True)
    every: Mapped[str] = choice(_l("Every"), EVERY, default="1", listed=True)
    next_on: Mapped[date] = day(_l("Next on"), default=today, listed=True)
    until: Mapped[date | None] = day(_l("Until"), listed=True)
    is_automatic: Mapped[bool] = flag(_l("Post it without asking"), listed=True)
    reverse_after: Mapped[int | None] = integer(
        _l("Take back after so many days"), minimum=Decimal(1), maximum=Decimal(366)
    )
    journal: Mapped[Journal | None] = link(_l("Journal"))
    journal_id: Mapped[int | None]
    lines: Mapped[list[RecurringEntryLine]] = lines(_l("Lines"))

    def recompute(self) -> None:
        """Raises Invalid at the lines unless both sides are equal: nobody looks at them again."""
        check_sides(self.lines)
        if any(line.debit or line.credit for line in self.lines):
            check_balanced(self.lines, company().currency)


class RecurringEntryLine(Line["RecurringEntry"]):
    """Recurring line. Recurring lines."""

    account: Mapped[Account] = link(_l("Account"))
    account_id: Mapped[int]
    text: Mapped[str | None] = text(_l("Text"), length=300)
    party: Mapped[Party | None] = link(_l("Party"))
    party_id: Mapped[int | None]
    debit: Mapped[Decimal] = amount(_l("Debit"), default=ZERO, minimum=ZERO, hides_zero=True)
    credit: Mapped[Decimal] = amount(_l("Credit"), default=ZERO, minimum=ZERO, hides_zero=True)

    @property
    def description(self) -> str:
        """Its account."""
        return self.account.title


def check_sides(rows: Sequence[Any]) -> None:
    """Raise Invalid at the credit of every line that is debited too."""
    said = _("A line is debited or credited, not both.")
    both = {f"lines-{place}-credit": said for place, line in enumerate(rows) if line.debit and line.credit}
    if both:
        raise Invalid(fields=both)


def check_balanced(rows: Sequence[Any], currency: str) -> None:
    """Raise Invalid at the lines unless there are some and both sides are equal."""
    debit = sum((line.debit or ZERO for line in rows), ZERO)
    credit = sum((line.credit or ZERO for line in rows), ZERO)
    if not debit and not credit:
        raise Invalid(fields={"lines": _("Add at least one line that is debited and one that is credited.")})
    if debit != credit:
        said = _(
            "Debits are %(debit)s, credits %(credit)s: %(missing)s is missing.",
            debit=i18n.format_money(debit, currency), credit=i18n.format_money(credit, currency),
            missing=i18n.format_money(abs(debit - credit), currency),
        )  # fmt: skip
        raise Invalid(fields={"lines": said})
