"""Which reminders there are, and the customers who are being reminded."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from erp import (
    Document,
    Invalid,
    Record,
    _,
    _l,
    amount,
    choice,
    day,
    email,
    integer,
    link,
    long_text,
    session,
    text,
)
from plugins.parties.models import Party

ZERO = Decimal(0)
OVER = ("paid", "given_up")
"""States in which nobody is reminded any more."""
OUTCOMES = {
    "collection": _l("Handed on for collection"), "written_off": _l("Written off"), "agreed": _l("Paid by instalments"),
}  # fmt: skip


class DunningLevel(Record):
    """Reminder level. Reminder levels.

    One reminder after another: how many days after the one before, and in which words.
    Of two on one level the older counts.
    """

    icon = "mail-fast"
    group = _l("Set-up")

    level: Mapped[int] = integer(_l("Level"), minimum=Decimal(1), maximum=Decimal(9), listed=True)
    name: Mapped[str] = text(_l("Name"), listed=True, search=True, help=_l("Title of the letter."))
    days: Mapped[int] = integer(
        _l("Days"), minimum=Decimal(1), maximum=Decimal(365), default=7, listed=True,
        help=_l("After the day something was due, or after the reminder before."),
    )  # fmt: skip
    words: Mapped[str] = long_text(_l("Words"))


class DunningCase(Document):
    """Overdue customer. Overdue customers.

    A customer who is late: reminded by mail and letter, paused while they dispute it, over when they have paid.
    """

    prefix = "DUN"
    relies_on = ("paid",)
    takes_history = False
    icon = "clock-dollar"
    group = _l("Accounting")
    amount_field = "owed"

    customer: Mapped[Party] = link(_l("Customer"), listed=True)
    customer_id: Mapped[int]
    email: Mapped[str | None] = email(_l("E-mail"), help=_l("Empty: the customer's. Without one letters are printed."))
    level: Mapped[int] = integer(_l("Reminders sent"), readonly=True, default=0, listed=True)
    reminded_on: Mapped[date | None] = day(_l("Last reminded"), readonly=True, listed=True)
    owed: Mapped[Decimal] = amount(_l("Overdue when looked at"), readonly=True, default=ZERO, listed=True, total=True)
    note: Mapped[str | None] = text(_l("Note"), length=400, search=True)
    outcome: Mapped[str | None] = choice(_l("Decided"), OUTCOMES, listed=True)
    is_stopped: Mapped[bool] = mapped_column(default=False)
    """Its process was stopped by somebody before its end."""

    @property
    def summary(self) -> str:
        """The customer, for inbox and search."""
        return self.customer.name

    @property
    def address(self) -> str:
        """Where mails go; '' for nowhere."""
        return self.email or self.customer.email or ""

    def check(self) -> None:
        """Raise Invalid where the customer is being reminded already."""
        other = under_way(self.customer.id, but=self.id or 0)
        if other is not None:
            raise Invalid(fields={"customer": _("%(number)s is about them already.", number=other)})


def under_way(customer_id: int, but: int = 0) -> str | None:
    """Number of the case by which a customer is being reminded, another one than that; None where there is none."""
    case = sa.select(DunningCase.number).where(
        DunningCase.customer_id == customer_id, DunningCase.id != but, DunningCase.state.not_in(OVER),
        ~DunningCase.is_stopped,
    )  # fmt: skip
    return session().scalar(case.limit(1))
