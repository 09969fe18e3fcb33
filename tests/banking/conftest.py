"""A company that keeps books, with an account at a bank and one for mobile money, its accountant acting."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa

from erp import create, session, transaction
from erp.testing.pytest_plugin import Company, Person
from plugins.accounting.api import Part, Posting, choose_chart, post
from plugins.accounting.models import Account, JournalLine
from plugins.banking.bringing import bring_file
from plugins.banking.entering import journal_of
from plugins.banking.matching import open_journal_lines, open_statement_lines
from plugins.banking.models import BankAccount
from plugins.banking.statements import Brought

YEAR = date(2026, 1, 1)
HEADS = "Date,Description,Reference,Amount\n"


@dataclass
class Bank:
    """What a test says in a word: `bank.posted(500, "JE text")`, `bank.brought("2026-03-05,…")`."""

    company: Company
    accountant: Person
    id: int = 0
    count: int = 0
    files: list[bytes] = field(default_factory=list)

    @property
    def account(self) -> BankAccount:
        """Our account, as it is now."""
        return session().get_one(BankAccount, self.id)

    def chart(self, use: str) -> int:
        """The account of the chart of a use."""
        return session().scalars(sa.select(Account.id).where(Account.use == use).order_by(Account.code)).first() or 0

    def posted(self, amount: Any, text: str = "", on: date = date(2026, 3, 5), **more: Any) -> int:
        """Money in, or with a minus out, as the books say; the line of the account."""
        self.count += 1
        part = Part("received", Decimal(str(amount)), debit_account_id=self.account.account_id,
                    credit_account_id=self.chart("sales"), text=text, **more)  # fmt: skip
        posting = Posting(
            "payment_received", on, "sale", self.count, [part], text=text, journal_id=journal_of(self.account)
        )
        with transaction():
            entry = post(posting)
        line = sa.select(JournalLine.id).where(
            JournalLine.document_id == entry, JournalLine.account_id == self.account.account_id
        )
        return session().scalars(line).one()

    def brought(self, *rows: str, heads: str = HEADS, name: str = "statement.csv") -> Brought:
        """A table of the bank that is read as the first one was."""
        content = (heads + "\n".join(rows) + "\n").encode()
        found = bring_file(self.account, name, content)
        assert found is not None
        return found

    @property
    def told(self) -> list[int]:
        """Lines of statements that are open."""
        return [each.id for each in open_statement_lines(self.account)]

    @property
    def booked(self) -> list[int]:
        """Lines of the books that are open."""
        return [each.id for each in open_journal_lines(self.account)]


@pytest.fixture
def bank(make_company: Callable[..., Company]) -> Iterator[Bank]:
    """The bank, its account 1100, and how its tables are read."""
    company = make_company()
    accountant = company.person("Accountant", name="Wanjiku Kamau")
    with company.person("TENANT_MANAGER").acting():
        choose_chart("kenya", YEAR)
    with accountant.acting():
        made = Bank(company, accountant)
        values = {"name": "Equity Bank", "account": made.chart("bank"), "number": "0170 2987 654321"}
        made.id = create("bank_account", values).id
        with transaction():
            columns = {"on": 0, "text": 1, "reference": 2, "amount": 3}
            made.account.columns = {"heads": HEADS.strip().split(","), "goes": columns, "dates": "day"}
        yield made
