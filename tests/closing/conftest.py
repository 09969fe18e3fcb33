"""A company that keeps books, its accountant and its manager, and closes that are walked through in a word."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa

from erp import complete, create, session, tasks, transaction
from erp.testing.pytest_plugin import Company, Person
from plugins.accounting.api import STEPS, Part, Posting, choose_chart, post
from plugins.accounting.models import Account, FiscalPeriod, FiscalYear

YEAR = date(2026, 1, 1)


@dataclass
class Office:
    """Says in a word what people do: `office.sign(month)`."""

    company: Company
    accountant: Person
    manager: Person
    count: int = 0

    def account(self, use: str) -> int:
        """An account by its use."""
        return session().scalars(sa.select(Account.id).where(Account.use == use)).first() or 0

    def post(self, event: str, on: date, **amounts: int) -> int | None:
        """Post a short event."""
        self.count += 1
        parts = [Part(name, Decimal(value)) for name, value in amounts.items()]
        with transaction():
            return post(Posting(event, on, "sale", self.count, parts))

    def month(self, name: str) -> Any:
        """Begin to close a month of 2026."""
        period = session().scalars(sa.select(FiscalPeriod.id).where(FiscalPeriod.name == name)).one()
        return create("month_end", {"period": period})

    def year(self) -> Any:
        """Begin to close 2026."""
        return create("year_end", {"year": session().scalars(sa.select(FiscalYear.id)).first()})

    def do(self, document: Any, element: str, **answers: Any) -> None:
        """Complete a task of a close."""
        found = tasks.open_of(document.__tablename__, [document.id])
        complete(next(task.id for task in found if task.element == element), answers)

    def sign(self, document: Any, reason: str = "") -> None:
        """Sign for every part."""
        for step in STEPS:
            self.do(document, f"check_{step}", decision="sign", reason=reason)


@pytest.fixture
def office(make_company: Callable[..., Company]) -> Iterator[Office]:
    """A company that keeps books since January 2026, its manager acting."""
    company = make_company()
    accountant = company.person("Accountant", name="Wanjiku Kamau")
    manager = company.person("TENANT_MANAGER", "Accountant", name="Grace Njeri")
    with manager.acting():
        choose_chart("kenya", YEAR)
        yield Office(company, accountant, manager)
