"""What documents posted, read back as accounts and amounts."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import sqlalchemy as sa

from erp import session
from erp.testing.pytest_plugin import Person
from plugins.accounting.api import choose_chart, open_lines
from plugins.accounting.models import Account, JournalEntry, JournalLine

YEAR = date(2026, 1, 1)


class Posted:
    """The books of a company that keeps them by the Kenyan chart, as one of its people reads them."""

    def __init__(self, reader: Person) -> None:
        self.reader = reader

    def begin(self) -> None:
        """From now on books are kept."""
        with self.reader.acting():
            choose_chart("kenya", YEAR)

    def lines(self, event: str) -> list[tuple[str, Decimal]]:
        """[(code, amount)] of every entry of an event, in their order."""
        found = (
            sa.select(Account.code, JournalLine.amount)
            .join(JournalLine, JournalLine.account_id == Account.id)
            .join(JournalEntry, JournalEntry.id == JournalLine.document_id)
            .where(JournalEntry.event == event)
            .order_by(JournalEntry.id, JournalLine.position)
        )
        with self.reader.acting():
            return [(code, amount) for code, amount in session().execute(found)]

    def holds(self, code: str) -> Decimal:
        """What an account holds, above zero where more was debited."""
        return self.all().get(code, Decimal(0))

    def open(self) -> dict[str, Decimal]:
        """{text: what is open} of receivables and payables."""
        with self.reader.acting():
            found: dict[str, Decimal] = {}
            for line in open_lines():
                found[line.text] = found.get(line.text, Decimal(0)) + line.open
            return found

    def all(self) -> dict[str, Decimal]:
        """{code: what it holds} of every account that holds something."""
        total = sa.func.sum(JournalLine.amount)
        found = (
            sa.select(Account.code, total)
            .join(JournalLine, JournalLine.account_id == Account.id)
            .group_by(Account.code)
            .having(total != 0)
            .order_by(Account.code)
        )
        with self.reader.acting():
            return {row[0]: row[1] for row in session().execute(found)}
