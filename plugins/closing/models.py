"""The close of a month and of a year, and who signed for which part of it."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from erp import Document, Invalid, TenantScoped, _, _l, amount, clock, current, flag, link, session, tasks, text
from plugins.accounting.models import FiscalPeriod, FiscalYear

CLOSED = "closed"
ZERO = Decimal(0)


class MonthEnd(Document):
    """Month end. Month ends.

    A month is looked through part by part, each signed for by name, and locked.
    """

    prefix = "ME"
    relies_on = (CLOSED,)
    takes_history = False
    icon = "clipboard-check"
    group = _l("Accounting")

    period: Mapped[FiscalPeriod] = link(_l("Month"), listed=True)
    note: Mapped[str | None] = text(_l("Note"), length=300, listed=True, search=True)

    @property
    def span(self) -> tuple[date, date]:
        """Its first and last day."""
        return self.period.starts_on, self.period.ends_on

    @property
    def summary(self) -> str:
        """The month, for inbox and search."""
        return self.period.name

    def check(self) -> None:
        """Raise Invalid where the same month is being closed already."""
        refuse_second(self, MonthEnd.period_id == self.period.id, "period")  # type: ignore[attr-defined] # a link's


class YearEnd(Document):
    """Year end. Year ends.

    A year is looked through once more, its result is carried to retained earnings, and the next year is opened.
    """

    prefix = "YE"
    relies_on = (CLOSED,)
    takes_history = False
    icon = "calendar-stats"
    group = _l("Accounting")
    amount_field = "result"

    year: Mapped[FiscalYear] = link(_l("Year"), listed=True)
    note: Mapped[str | None] = text(_l("Note"), length=300, listed=True, search=True)
    is_final: Mapped[bool] = flag(
        _l("Lock it for ever"), help=_l("Nobody posts into this year again, not even a manager. This is never undone.")
    )
    result: Mapped[Decimal] = amount(
        _l("Result carried"), readonly=True, default=ZERO, listed=True, help=_l("Above zero for a profit.")
    )

    @property
    def span(self) -> tuple[date, date]:
        """Its first and last day."""
        return self.year.starts_on, self.year.ends_on

    @property
    def summary(self) -> str:
        """The year, for inbox and search."""
        return self.year.name

    def check(self) -> None:
        """Raise Invalid where the same year is being closed already."""
        refuse_second(self, YearEnd.year_id == self.year.id, "year")  # type: ignore[attr-defined] # a link's


def refuse_second(document: Document, same: Any, field: str) -> None:
    """Raise Invalid at a field where another close of the same days waits for somebody."""
    cls = type(document)
    others = session().scalars(sa.select(cls.id).where(same, cls.id != (document.id or 0)))
    waiting = tasks.open_of(cls.__tablename__, list(others))
    if waiting:
        other = session().get_one(cls, waiting[0].document_id)
        raise Invalid(fields={field: _("%(number)s closes it already.", number=other.number)})


class ClosingSignature(TenantScoped):
    """Somebody signed for a part of a close, as it stood at that moment."""

    __tablename__ = "closing_signature"
    __table_args__ = (
        sa.Index("closing_signature_document", "tenant_id", "document_type", "document_id"),
        {"info": {"append_only": True}},
    )

    document_type: Mapped[str] = mapped_column(sa.String(60))
    document_id: Mapped[int] = mapped_column(sa.BigInteger)
    step: Mapped[str] = mapped_column(sa.String(20))
    findings: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    """What was found then: title, found and is_clear of each."""
    is_clear: Mapped[bool] = mapped_column()
    reason: Mapped[str] = mapped_column(sa.String(400), default="")
    """Why it may be closed all the same, where something was not clear."""
    member_id: Mapped[int | None] = mapped_column(sa.BigInteger, default=lambda: current().member_id)
    by: Mapped[str] = mapped_column(sa.String(200), default=lambda: current().name)
    at: Mapped[datetime] = mapped_column(sa.DateTime(timezone=True), default=lambda: clock.now())
