"""A repair paid by card, over real sockets: deposit, revision, balance, a part given back, and somebody dies at each step.

The simulated Stripe is the judge: whatever was killed on the way, our ledger says what it holds.
"""

from __future__ import annotations

import random
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest
from flask import Flask

from erp import acting, ask, complete, create, session, tasks, transaction
from erp.config import Settings
from plugins.payments.actions import ReadPayment
from plugins.payments.api import due_of, give_back, payments_of
from plugins.payments.models import Payment
from plugins.repairs.models import RepairOrder, quotes_of
from tests.stripe.crashes import Wreck, wrecked
from tests.stripe.crashing import DATABASE

DECLINED, ASKS = "4000000000000002", "4000002760003184"
RESTORE = {"kind": "labour", "description": "Restore", "quantity": Decimal(20), "unit_price": Decimal(3200)}
SEAL = {"kind": "part", "description": "Seal", "quantity": Decimal(1), "unit_price": Decimal(1900)}
DEPOSIT, MORE, TOTAL = Decimal(19200), Decimal(570), Decimal(65900)
"""30 % of 64,000.00, of what the seal adds, and the whole with it; the company charges no tax."""
BY_PEOPLE = ("", "asked, not committed", "asked and committed")
BY_WORKERS = (
    "", "claimed", "before the call", "after the call", "before the answer is recorded",
    "answer written, not committed", "answer committed",
)  # fmt: skip
"""Where whoever does a step, and whoever carries out what it left behind, is killed; nowhere at all is one of them."""


@dataclass
class Repair:
    """One order of a company whose processes and database are killed by the choices of a seed."""

    wreck: Wreck
    rng: random.Random
    order_id: int = 0
    killed: list[str] = field(default_factory=list)

    def receive(self) -> None:
        """Taken in and inspected."""
        self.wreck.act()
        party = create("party", {"name": "Amina Hassan", "email": "amina@example.com"})
        values = {"customer": party.id, "item": "Leica M3", "fault": "Shutter slow"}
        self.order_id = create("repair_order", values).id
        self.do("inspect", findings="Worn", verdict="repairable")

    def do(self, element: str, **answers: Any) -> None:
        """A step of the workshop nobody is killed in; afterwards workers do what is due."""
        self.wreck.act()
        with acting(source="system", name="Daniel Otieno"):
            (task,) = [each for each in tasks.open_of("repair_order", [self.order_id]) if each.element == element]
            complete(task.id, answers)
        self.work("")

    def step(self, element: str, *, name: str = "Amos Kariuki", source: str = "web", **answers: Any) -> None:
        """A step in a process of its own that is killed in it, and done again where it was lost."""
        amounts = {key: str(value) for key, value in answers.items() if isinstance(value, Decimal)}
        plain = {key: value for key, value in answers.items() if key not in amounts}
        order = {"do": "step", "document": ["repair_order", [self.order_id]], "element": element, "source": source,
                 "name": name, "answers": plain, "amounts": amounts}  # fmt: skip
        self._killed_in(order, self.rng.choice(BY_PEOPLE))
        if element in self.open:
            self._killed_in(order, "")
        assert element not in self.open
        self.work(self.rng.choice(BY_WORKERS))

    def _killed_in(self, order: dict[str, Any], point: str) -> None:
        victim = self.rng.choice(("process", "process", "database")) if point in DATABASE else "process"
        bomb = {"point": point, "victim": victim} if point else {}
        if point:
            self.killed.append(f"{order.get('element', order['do'])}: {point}, {victim}")
        self.wreck.over(self.wreck.order_of(**order, **bomb))
        session.remove()

    def work(self, point: str) -> None:
        """Workers do what is due, one of them killed at the point; nobody waits for timers of days."""
        waits = "select 1 from job where tenant_id = %s and state in ('waiting', 'running') limit 1"
        self.wreck.sql("delete from job where tenant_id = %s and kind = 'workflow.timer'", self.wreck.tenant)
        if self.wreck.sql(waits, self.wreck.tenant):
            self._killed_in({"do": "work"}, point)
        for _turn in range(20):
            self.wreck.sql("delete from job where tenant_id = %s and kind = 'workflow.timer'", self.wreck.tenant)
            if not self.wreck.sql(waits, self.wreck.tenant):
                return
            self.wreck.sql(
                "update job set due_at = now() where tenant_id = %s and state = 'waiting'", self.wreck.tenant
            )
            self._killed_in({"do": "work"}, "")
        raise AssertionError(f"something is stuck after {self.killed}")

    @property
    def open(self) -> list[str]:
        """Elements of its open tasks."""
        rows = self.wreck.sql(
            "select element from workflow_task where document_type = 'repair_order' and document_id = %s"
            " and status = 'open'", self.order_id,
        )  # fmt: skip
        return [row[0] for row in rows]

    def card(self) -> Payment:
        """Its card payment; a later one was asked for and paid in cash."""
        self.wreck.act()
        order = session().get_one(RepairOrder, self.order_id)
        return next(each for each in payments_of(order) if each.method == "card")

    def types(self, number: str, answer: str = "") -> httpx.Response:
        """The customer types a card on the provider's page, and answers the bank if it asks; then we look there."""
        payment = self.card()
        page = httpx.post(payment.page_url, data={"number": number}, timeout=20)
        if answer:
            page = self.wreck.stripe.post(page.headers["Location"], data={"answer": answer})
        with transaction():
            ask(session().get_one(Payment, payment.id), ReadPayment, f"look:{secrets.token_hex(6)}")
        self.work(self.rng.choice(BY_WORKERS))
        return page

    def quote(self, *lines: dict[str, Any]) -> None:
        """The counter's quote."""
        self.do("prepare_quote", lines=list(lines), promised_on=date(2099, 1, 1), email="amina@example.com")

    def accept(self) -> None:
        """The customer accepts by the link."""
        self.step("decide_quote", name="Amina Hassan (link)", source="system", decision="accept")

    def is_as_the_provider_says(self, refunded: Decimal) -> None:
        """Ledger and simulator agree to the cent, nothing was done twice, nothing is left half way."""
        payment, state = self.card(), self.wreck.state()
        theirs = state["intents"][payment.provider_reference]
        given = sum(
            each["amount"] for each in state["refunds"].values()
            if each["payment_intent"] == payment.provider_reference
        )  # fmt: skip
        assert (payment.paid_amount * 100, payment.refunded_amount * 100) == (theirs["amount_received"], given)
        assert (payment.paid_amount, payment.refunded_amount, payment.pending_amount) == (DEPOSIT, refunded, 0)
        doubled = "select kind from payment_entry where payment_id = %s and kind <> 'declined' group by kind having count(*) > 1"
        assert self.wreck.sql(doubled, payment.id) == []
        failed = "select 1 from job where tenant_id = %s and state = 'failed'"
        assert self.wreck.sql(failed, self.wreck.tenant) == []
        seqs = self.wreck.sql(
            "select seq from workflow_event join workflow_instance on workflow_instance.id = instance_id"
            " where document_type = 'repair_order' and document_id = %s order by seq", self.order_id,
        )  # fmt: skip
        assert [row[0] for row in seqs] == list(range(len(seqs)))


@pytest.fixture(scope="module")
def wreck(app: Flask, settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wreck]:
    """A company that charges cards, with processes to be killed."""
    with wrecked(settings, Path(tmp_path_factory.mktemp("repair")) / "children.log") as found:
        yield found


@pytest.mark.parametrize("seed", [4, *(pytest.param(seed, marks=pytest.mark.soak) for seed in range(5, 41))])
def test_a_repair_with_deposit_revision_balance_and_a_part_given_back(wreck: Wreck, seed: int) -> None:
    repair = Repair(wreck, random.Random(seed))
    repair.receive()
    repair.quote(RESTORE)
    repair.accept()
    assert repair.open == ["collect_deposit"]
    assert repair.card().asked_amount == DEPOSIT
    assert repair.types(DECLINED).status_code == 402
    assert repair.open == ["collect_deposit"]
    repair.types(ASKS, "complete")
    assert repair.card().status == "authorised"
    assert repair.open == ["repair"]

    repair.do("repair", outcome="more", more_needed="The seal is torn")
    repair.quote(RESTORE, SEAL)
    repair.accept()
    repair.step("collect_deposit", outcome="pay", tendered=Decimal(1000))
    wreck.act()
    order = session().get_one(RepairOrder, repair.order_id)
    assert [(each.revision, each.status) for each in quotes_of(order)] == [(1, "approved"), (2, "approved")]
    assert order.total == TOTAL
    repair.do("repair", outcome="done", work_done="Restored")
    repair.do("check_quality", quality="pass")

    assert repair.open == ["capture_card"]
    repair.step("capture_card")
    assert repair.card().status == "paid"
    assert repair.open == ["take_payment"]
    rest = TOTAL - DEPOSIT - MORE
    repair.step("take_payment", tendered=rest, handed_over=True)
    wreck.act()
    order = session().get_one(RepairOrder, repair.order_id)
    assert (order.state, due_of(order)) == ("delivered", 0)
    assert sorted(each.paid_amount for each in payments_of(order) if each.paid_amount) == [MORE, DEPOSIT, rest]
    repair.is_as_the_provider_says(Decimal(0))

    card = repair.card().id
    with transaction():
        give_back(card, Decimal("1000.50"), "requested_by_customer")
    repair.work(repair.rng.choice(BY_WORKERS))
    repair.is_as_the_provider_says(Decimal("1000.50"))
    assert repair.killed
