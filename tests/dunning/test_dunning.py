"""A customer who is late is reminded step by step; it pauses on a dispute and stops when they have paid."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa

from erp import Invalid, clock, complete, create, files, session, tasks, today, transaction
from erp.mailbox import MailMessage
from erp.testing.pytest_plugin import Company, Person
from plugins.accounting.api import Part, Posting, allocate, choose_chart, cover_years, post
from plugins.dunning import jobs, letters
from plugins.dunning.models import DunningCase, DunningLevel
from plugins.invoices.api import reminded_elsewhere
from plugins.invoices.models import Invoice
from plugins.parties.models import Party

WEEK = timedelta(days=7)


@dataclass
class Late:
    """A customer who owes 500 for ten days, and the accountant."""

    wanjiku: Person
    customer: int
    work: Callable[[], int]

    def owe(self, amount: int, due: date, key: str = "a") -> None:
        """Something is invoiced."""
        parts = [Part("net", Decimal(amount), party_id=self.customer, due_on=due, text=f"INV {key}")]
        with transaction():
            post(Posting("invoice_issued", due, "invoice", ord(key), parts))

    def pay(self, amount: int, key: str = "a") -> None:
        """It is paid, and settled."""
        parts = [Part("received", Decimal(amount), party_id=self.customer)]
        with transaction():
            post(Posting("payment_received", today(), "payment", ord(key), parts))
            allocate(("invoice", ord(key)), ("payment", ord(key)))

    def begin(self) -> DunningCase:
        """The daily run, and what workers do then."""
        assert jobs.begin(today()) == 1
        return self.case()

    def case(self) -> DunningCase:
        """The case as it is now."""
        return session().scalars(sa.select(DunningCase).execution_options(populate_existing=True)).one()

    def worked(self) -> DunningCase:
        """What workers do, in the accountant's name again."""
        self.work()
        with self.wanjiku.acting():
            return self.case()

    def do(self, element: str, **answers: Any) -> None:
        """The accountant completes a task."""
        with self.wanjiku.acting():
            (task,) = (each for each in tasks.open_of("dunning_case", [self.case().id]) if each.element == element)
            complete(task.id, answers)


@pytest.fixture
def late(make_company: Callable[..., Company], run_jobs: Callable[[], int]) -> Late:
    """The books are kept; nobody was reminded yet."""
    company = make_company()
    wanjiku = company.person("Accountant", "TENANT_MANAGER", name="Wanjiku Kamau")
    with wanjiku.acting():
        choose_chart("kenya", date(today().year, 1, 1))
        cover_years(today() - timedelta(days=60), today())
        customer = create("party", {"name": "Lakeside Clinic", "email": "clinic@example.com"}).id
        made = Late(wanjiku, customer, run_jobs)
        made.owe(500, today() - timedelta(days=10))
    return made


def test_the_first_reminder_goes_out_as_mail_with_the_letter(late: Late):
    with late.wanjiku.acting():
        case = late.begin()
        assert jobs.begin(today()) == 0
    case = late.worked()
    with late.wanjiku.acting():
        assert (case.state, case.level, case.owed, case.reminded_on) == ("reminded", 1, 500, today())
        (mail,) = session().scalars(sa.select(MailMessage)).all()
        assert mail.to == "clinic@example.com"
        assert "KES 500.00 is overdue" in mail.text
        assert [each.name for each in files.of("dunning_case", case.id)] == [f"{case.number}-1.pdf"]


def test_a_letter_names_what_is_owed_by_its_invoice(late: Late):
    with late.wanjiku.acting():
        with clock.frozen(clock.now() - timedelta(days=45)):
            line = {"description": "Repair", "quantity": Decimal(1), "unit_price": Decimal(1000)}
            invoice = create("invoice", {"customer": late.customer, "payment_terms": "net_30", "lines": [line]})
            complete(tasks.open_of("invoice", [invoice.id])[0].id, {"decision": "issue"})
        case = late.begin()
        paper = letters.paper(case, session().scalars(sa.select(DunningLevel)).first())
        assert [each["text"] for each in paper["lines"]] == [invoice.number, "INV a"]


def test_who_has_paid_is_let_go(late: Late):
    with late.wanjiku.acting():
        late.begin()
    late.worked()
    with late.wanjiku.acting():
        late.pay(500)
    jobs.let_go_who_paid()
    assert late.worked().state == "paid"


def test_a_dispute_pauses_it_and_reminders_go_on_afterwards(late: Late):
    with late.wanjiku.acting():
        late.begin()
    late.worked()
    late.do("follow_up", outcome="disputed", note="The monitor came broken")
    assert late.worked().state == "disputed"
    late.do("settle_dispute", decision="settled", note="It works now")
    case = late.worked()
    assert (case.state, case.level) == ("reminded", 1)  # a week has not passed


def test_after_the_last_reminder_somebody_decides(late: Late):
    with late.wanjiku.acting():
        late.begin()
    for level in (1, 2, 3):
        case = late.worked()
        assert case.level == level
        with late.wanjiku.acting(), transaction():
            late.case().reminded_on = today() - WEEK
        late.do("follow_up", outcome="check")
    late.do("decide", outcome="collection", note="Handed to the lawyer")
    case = late.worked()
    assert (case.state, case.outcome) == ("given_up", "collection")


def test_nobody_is_reminded_twice_or_of_each_invoice_besides(late: Late):
    with late.wanjiku.acting():
        late.begin()
        with pytest.raises(Invalid) as refused:
            create("dunning_case", {"customer": late.customer})
        assert "about them already" in refused.value.fields["customer"]
        invoice = Invoice(customer=session().get_one(Party, late.customer))
        with session().no_autoflush:
            assert any(reminded_elsewhere(invoice))
        session().rollback()


def test_what_is_not_late_enough_or_is_covered_is_left_alone(late: Late):
    with late.wanjiku.acting():
        late.pay(500)
        late.owe(80, today() - timedelta(days=3), "b")
        assert jobs.begin(today()) == 0
