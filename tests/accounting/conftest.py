"""A company that keeps books by the Kenyan chart, and events posted to it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from erp import session, transaction
from plugins.accounting.api import Part, Posting, choose_chart, post
from plugins.accounting.models import Account

YEAR = date(2026, 1, 1)


class Books:
    """Posts short events and reads what accounts hold."""

    def __init__(self):
        self.count = 0

    def account(self, use):
        return session().scalar(Account.__table__.select().with_only_columns(Account.id).where(Account.use == use))

    def post(self, event, on=date(2026, 3, 5), *, key="", **amounts):
        self.count += 1
        parts = [Part(name, Decimal(str(value))) for name, value in amounts.items()]
        return self.posted(Posting(event, on, "sale", self.count, parts, text=f"Sale {self.count}", source_key=key))

    def posted(self, posting):
        with transaction():
            return post(posting)


@pytest.fixture
def accountant(company):
    with company.person("Accountant", name="Wanjiku Kamau").acting() as acting:
        yield acting


@pytest.fixture
def books(accountant):
    choose_chart("kenya", YEAR)
    return Books()
