"""A colleague lays money out and gets it back; a box of petty cash is spent from, filled and counted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa

from erp import Invalid, complete, create, session, tasks
from erp.testing.pytest_plugin import Company, Person
from plugins.accounting.api import balance, choose_chart
from plugins.accounting.models import Account
from plugins.expenses import checks, jobs
from plugins.expenses.models import ExpenseClaim
from plugins.expenses.posting import owed, pay_back
from plugins.taxes.models import Tax

RECEIPT = ("receipt.pdf", b"%PDF-1.4 a receipt")


@dataclass
class Desk:
    """Three people, and what they do in a word."""

    daniel: Person
    grace: Person
    wanjiku: Person
    company: Company

    def account(self, code: str) -> int:
        """An account by its code."""
        return session().scalars(sa.select(Account.id).where(Account.code == code)).one()

    def claim(self, **more: Any) -> int:
        """Daniel was on the road and paid 1,160 for fuel, VAT in it."""
        with self.daniel.acting():
            employee = create("party", {"name": "Daniel Otieno", "is_employee": True}).id
            line = {"description": "Fuel", "account": self.account("6210"), "amount": Decimal(1160),
                    "tax": session().scalars(sa.select(Tax.id).where(Tax.rate == 16)).first(), **more}  # fmt: skip
            return create("expense_claim", {"employee": employee, "purpose": "To Nakuru", "lines": [line]}).id

    def do(self, who: Person, type_name: str, row_id: int, element: str, uploads: Any = (), **answers: Any) -> None:
        """Somebody completes a task."""
        with who.acting():
            found = tasks.open_of(type_name, [row_id])
            complete(next(task.id for task in found if task.element == element), answers, uploads=list(uploads))


@pytest.fixture
def desk(make_company: Callable[..., Company]) -> Desk:
    """A company with books and a tax, its manager acting."""
    company = make_company()
    people = [company.person(*roles, name=name) for name, roles in (
        ("Daniel Otieno", ("TENANT_EMPLOYEE", "Counter")), ("Grace Njeri", ("TENANT_MANAGER",)),
        ("Wanjiku Kamau", ("Accountant",)),
    )]  # fmt: skip
    with people[1].acting():
        choose_chart("kenya", date(2026, 1, 1))
        category = create("tax_category", {"name": "Standard", "code": "S"}).id
        create("tax", {"category": category, "name": "VAT", "rate": Decimal(16), "valid_from": date(2020, 1, 1)})
    return Desk(*people, company)


def test_what_was_laid_out_is_approved_posted_and_paid_back(desk: Desk):
    claim = desk.claim()
    desk.do(desk.daniel, "expense_claim", claim, "submit", [RECEIPT], decision="submit")
    desk.do(desk.wanjiku, "expense_claim", claim, "decide", decision="approve")
    with desk.grace.acting():
        row = session().get_one(ExpenseClaim, claim)
        assert (row.state, row.lines[0].tax_amount, owed(row)) == ("posted", 160, 1160)
        assert (balance(desk.account("6210")), balance("tax_receivable"), balance("payable")) == (1000, 160, -1160)
        assert list(checks.claims_are_posted()) == []
    desk.do(desk.wanjiku, "expense_claim", claim, "pay_back", way="cash")
    with desk.grace.acting():
        row = session().get_one(ExpenseClaim, claim)
        assert (row.state, owed(row), balance("payable"), balance("cash")) == ("paid", 0, 0, -1160)


def test_a_claim_wants_a_receipt_or_a_word_why_there_is_none(desk: Desk):
    claim = desk.claim()
    with pytest.raises(Invalid) as refused:
        desk.do(desk.daniel, "expense_claim", claim, "submit", decision="submit")
    assert "picture of the receipt" in refused.value.fields["receipts"]
    desk.do(desk.daniel, "expense_claim", claim, "submit", decision="submit", no_receipt="The machine was broken")


def test_only_expenses_that_were_made_are_claimed(desk: Desk):
    with pytest.raises(Invalid) as refused:
        desk.claim(spent_on=date(2099, 1, 1))
    assert set(refused.value.fields) == {"lines-0-spent_on"}
    with desk.grace.acting():
        claim = desk.claim(account=desk.account("1100"))
    with pytest.raises(Invalid) as refused:
        desk.do(desk.daniel, "expense_claim", claim, "submit", [RECEIPT], decision="submit")
    assert set(refused.value.fields) == {"lines-0-account"}


def test_what_a_payment_run_paid_is_seen_by_itself(desk: Desk):
    claim = desk.claim()
    desk.do(desk.daniel, "expense_claim", claim, "submit", [RECEIPT], decision="submit")
    desk.do(desk.wanjiku, "expense_claim", claim, "decide", decision="approve")
    desk.do(desk.wanjiku, "expense_claim", claim, "pay_back", way="settled")
    with desk.grace.acting():
        assert session().get_one(ExpenseClaim, claim).state == "posted"
        pay_back(session().get_one(ExpenseClaim, claim), "bank")
    jobs.look_for_settled_claims()
    with desk.grace.acting():
        assert session().get_one(ExpenseClaim, claim).state == "paid"


def entry(desk: Desk, box: int, kind: str, amount: int, **more: Any) -> int:
    with desk.wanjiku.acting():
        return create(
            "petty_cash_entry", {"box": box, "kind": kind, "amount": Decimal(amount), "text": "Tea", **more}
        ).id


def test_a_box_is_filled_spent_from_and_counted(desk: Desk):
    with desk.grace.acting():
        box = create("petty_cash_float", {"name": "Office", "account": desk.account("1010"), "limit": Decimal(5000)}).id
        tea = {"account": desk.account("6300")}

    def post(kind: str, amount: int, **more: Any) -> int:
        made = entry(desk, box, kind, amount, **more)
        desk.do(desk.wanjiku, "petty_cash_entry", made, "record", decision="post")
        return made

    post("top_up", 5000)
    post("spend", 1200, **tea)
    for kind, amount, said in (("spend", 3801, "Only KES 3,800.00 lies"), ("top_up", 1201, "At most KES 1,200.00")):
        with pytest.raises(Invalid) as refused:
            post(kind, amount, **tea)
        assert said in refused.value.fields["amount"]
    short = post("count", 3500)  # 300 are missing: a manager is asked
    with desk.grace.acting():
        assert balance(desk.account("1010")) == 3800
    desk.do(desk.grace, "petty_cash_entry", short, "decide", decision="approve")
    with desk.grace.acting():
        assert (balance(desk.account("1010")), balance("rounding")) == (3500, 300)
        assert list(checks.boxes_hold_what_they_may()) == []
