"""Money and hand-over of a repair: deposit, split balance, what is given back, proofs, and items nobody collects."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from pypdf import PdfReader

from erp import Conflict, Invalid, clock, complete, create, files, session, tasks
from erp import operations as operation
from plugins.payments.api import due_of, payments_of
from plugins.payments.models import Payment
from plugins.receipts.api import newest_of
from plugins.repairs.handing_over import code_of
from plugins.repairs.models import RepairOrder
from tests.painted import png
from tests.repairs.conftest import Shop

DEAR = [{"kind": "labour", "description": "Restore", "quantity": Decimal(20), "unit_price": Decimal(3200)}]
"""64,000.00 and tax: 74,240.00; a deposit of 30 %: 22,272.00."""
DEPOSIT, TOTAL = Decimal(22272), Decimal(74240)


def rules(shop: Shop, **values: Any) -> None:
    with shop.grace.acting(source="system"):
        create("repair_rules", {"name": "Repairs", **values})


def money(shop: Shop) -> tuple[Decimal, list[tuple[str, str, Decimal, Decimal]]]:
    """What is still to be paid, and (method, purpose, paid, given back) of each payment."""
    with shop.grace.acting():
        order = session().get_one(RepairOrder, shop.order_id)
        rows = [(each.method, each.purpose, each.paid_amount, each.refunded_amount) for each in payments_of(order)]
        return due_of(order), rows


def test_a_deposit_is_taken_in_cash_and_is_part_of_the_balance(shop: Shop) -> None:
    shop.approved(DEAR)
    assert shop.look("state", "deposit_amount") == ("approved", DEPOSIT)
    assert shop.open == ["collect_deposit"]
    assert "We ask for a deposit of KES 22,272.00" in shop.mails()[-1].text
    for answers, field in (
        ({"tendered": Decimal(20000)}, "tendered"), ({}, "tendered"), ({"method": "mpesa"}, "reference"),
    ):  # fmt: skip
        with pytest.raises(Invalid) as refused:
            shop.do(shop.grace, "collect_deposit", outcome="pay", **answers)
        assert set(refused.value.fields) == {field}
    shop.do(shop.grace, "collect_deposit", outcome="pay", tendered=Decimal(23000))
    assert shop.look("state") == "in_repair"
    assert money(shop) == (TOTAL - DEPOSIT, [("cash", "deposit", DEPOSIT, Decimal(0))])
    shop.finished()
    assert "To pay: KES 51,968.00." in shop.mails()[-1].text
    shop.do(shop.grace, "take_payment", method="card_machine", amount=Decimal(30000), reference="SLIP-77",
            tendered=Decimal(22000), handed_over=True)  # fmt: skip
    assert shop.look("state") == "delivered"
    due, paid = money(shop)
    assert due == 0
    assert [row[:3] for row in paid[1:]] == [("card_machine", "sale", Decimal(30000)), ("cash", "sale", Decimal(21968))]
    with shop.grace.acting():
        receipt = newest_of(session().get_one(RepairOrder, shop.order_id))
        (paper,) = files.of("receipt", receipt.id)
        text = PdfReader(io.BytesIO(files.read(paper.tenant_id, paper.sha256))).pages[0].extract_text()
    for said in ("Deposit, Cash", "22,272.00", "Card, own machine", "30,000.00", "74,240.00", "32.00"):
        assert said in text


@pytest.mark.parametrize(
    ("answers", "field"),
    [
        ({"amount": Decimal(100)}, "method"),
        ({"method": "mpesa", "amount": Decimal(90000), "reference": "QX1"}, "amount"),
        ({"method": "bank", "amount": Decimal(27028)}, "reference"),
        ({"method": "card_machine", "amount": Decimal(27028), "reference": "4242 4242 4242 4242"}, "reference"),
        ({}, "tendered"),
        ({"tendered": Decimal(28000), "code": "000000"}, "code"),
        ({"tendered": Decimal(28000), "handed_over": False}, "handed_over"),
    ],
)
def test_what_is_wrong_with_a_payment_is_said_at_its_field(shop: Shop, answers: dict[str, Any], field: str) -> None:
    shop.approved()
    shop.finished()
    with pytest.raises(Invalid) as refused:
        shop.do(shop.grace, "take_payment", **{"handed_over": True, **answers})
    assert set(refused.value.fields) == {field}
    assert money(shop) == (Decimal(27028), [])
    assert shop.look("collected_at") is None


def test_it_goes_on_without_a_deposit_only_for_a_reason(shop: Shop) -> None:
    shop.approved(DEAR)
    with pytest.raises(Invalid) as refused:
        shop.do(shop.grace, "collect_deposit", outcome="waive")
    assert refused.value.fields == {"note": "Say why."}
    shop.do(shop.grace, "collect_deposit", outcome="waive", note="An old customer")
    assert shop.look("state", "deposit_amount") == ("in_repair", Decimal(0))


def test_returned_unrepaired_the_deposit_goes_back_less_the_inspection(shop: Shop) -> None:
    shop.approved(DEAR, inspection_fee=Decimal(2000))
    shop.do(shop.grace, "collect_deposit", outcome="pay", tendered=DEPOSIT)
    shop.do(shop.daniel, "repair", outcome="unrepairable")
    shop.do(shop.grace, "settle_unrepairable", outcome="returned")
    assert shop.look("total") == Decimal(2320)
    assert money(shop)[0] == Decimal(2320) - DEPOSIT
    assert shop.open == ["return_item"]
    shop.do(shop.grace, "return_item", handed_over=True, collected_by="Her brother Ali")
    assert money(shop) == (Decimal(0), [("cash", "deposit", DEPOSIT, DEPOSIT - 2320)])
    assert shop.look("state", "collected_by", "collected_against") == ("returned_unrepaired", "Her brother Ali", "name")


@pytest.mark.parametrize("stage", ["approved", "in_repair", "ready"])
def test_stopped_at_any_stage_all_money_goes_back(shop: Shop, stage: str) -> None:
    shop.approved(DEAR)
    shop.do(shop.grace, "collect_deposit", outcome="pay", tendered=DEPOSIT) if stage != "approved" else None
    shop.finished() if stage == "ready" else None
    assert shop.look("state") == stage
    with shop.grace.acting():
        operation.cancel("repair_order", shop.order_id, "The customer moved away")
    due, paid = money(shop)
    assert due == 0
    assert [row[2:] for row in paid] == ([] if stage == "approved" else [(DEPOSIT, DEPOSIT)])
    assert shop.open == []


def test_an_item_that_cannot_be_repaired_may_be_refunded(shop: Shop) -> None:
    shop.approved()
    shop.finished()
    shop.do(shop.grace, "take_payment", tendered=Decimal(27028), handed_over=True)
    with shop.grace.acting():
        bought = payments_of(session().get_one(RepairOrder, shop.order_id))[0]
        number, customer = bought.number, bought.party.id
        shop.order_id = create("repair_order", {"customer": customer, "item": "The same camera", "fault": "Dead"}).id
    shop.inspect("unrepairable")
    for answers, field in (
        ({"refund_payment": "PAY-1"}, "refund_payment"),
        ({"refund_payment": number, "refund_amount": Decimal(99999)}, "refund_amount"),
    ):
        with pytest.raises(Invalid) as refused:
            shop.do(shop.grace, "settle_unrepairable", outcome="refunded", **answers)
        assert set(refused.value.fields) == {field}
    shop.do(shop.grace, "settle_unrepairable", outcome="refunded", refund_payment=number)
    with shop.grace.acting():
        assert session().get_one(Payment, bought.id).refunded_amount == Decimal(27028)
    shop.do(shop.grace, "return_item", handed_over=True)
    assert shop.look("state", "outcome") == ("returned_unrepaired", "refunded")


def test_handed_over_against_the_code_or_a_signature(shop: Shop) -> None:
    rules(shop, needs_proof=True)
    shop.approved()
    shop.finished()
    with shop.grace.acting():
        code = code_of(session().get_one(RepairOrder, shop.order_id))
    assert f"shows this code: {code}" in shop.mails()[-1].text
    paid = {"tendered": Decimal(28000), "handed_over": True}
    with pytest.raises(Invalid) as refused:
        shop.do(shop.grace, "take_payment", **paid)
    assert set(refused.value.fields) == {"signature"}
    with shop.grace.acting():
        task = tasks.open_of("repair_order", [shop.order_id])[0]
        complete(task.id, paid, uploads=[("drawn.png", png(), "signature")])
    shop.run_jobs()
    assert shop.look("state", "collected_against", "collected_by") == ("delivered", "signature", "Amina Hassan")
    shop.approved()
    shop.finished()
    with shop.grace.acting():
        code = code_of(session().get_one(RepairOrder, shop.order_id))
    shop.do(shop.grace, "take_payment", **paid, code=f"{code[:3]} {code[3:]}")
    assert shop.look("collected_against") == "code"


def test_where_it_is_asked_somebody_else_checks_and_jewellery_is_weighed_twice(shop: Shop, company: Any) -> None:
    rules(shop, needs_second_person=True, weighs=True)
    mary = company.person("Technician", name="Mary Wanjiku")
    shop.receive(weight_in=Decimal("18.420"))
    shop.inspect()
    shop.quote()
    shop.decide("accept")
    shop.repair()
    with pytest.raises(Conflict, match="somebody else checks"):
        shop.do(shop.daniel, "check_quality", quality="pass")
    for answers, field in (({}, "weight_out"), ({"weight_out": Decimal("18.1")}, "weight_note")):
        with pytest.raises(Invalid) as refused:
            shop.do(mary, "check_quality", quality="pass", **answers)
        assert set(refused.value.fields) == {field}
    shop.do(mary, "check_quality", quality="pass", weight_out=Decimal("18.1"), weight_note="Filed")
    assert shop.look("state", "turnaround_days") == ("ready", 0)


@pytest.fixture
def forgotten(shop: Shop) -> Callable[..., Shop]:
    """A repair that has been ready for four months; workers do its calls, nobody its timers."""

    def made(**values: Any) -> Shop:
        if values:
            rules(shop, **values)
        shop.run_jobs = shop.call
        with clock.frozen(clock.now() - timedelta(days=120)):
            shop.approved()
            shop.finished()
        return shop

    return made


def test_uncollected_it_is_reminded_of_after_30_60_and_90_days(forgotten: Callable[..., Shop]) -> None:
    shop = forgotten()
    for days in (30, 60, 90):
        shop.wait(days, "thirty_days")
    assert shop.look("reminder_count") == 3
    assert shop.mails()[-1].subject.startswith("Please collect your Canon EOS R6 Mark II")
    shop.wait(91, "over_ninety_days")
    assert shop.open == ["take_payment"]


def test_storage_and_disposal_only_where_the_owner_switched_them_on(
    forgotten: Callable[..., Shop], company: Any
) -> None:
    shop = forgotten(charges_storage=True, storage_fee=Decimal(1000))
    amos = company.person("TENANT_MANAGER", name="Amos Kariuki")
    shop.wait(91, "over_ninety_days")
    assert shop.open == ["decide_uncollected"]
    with pytest.raises(Invalid, match="does not dispose"):
        shop.do(amos, "decide_uncollected", decision="dispose", note="Phoned five times")
    shop.do(amos, "decide_uncollected", decision="charge", note="Phoned five times")
    assert shop.open == ["take_payment"]
    assert shop.look("total") == Decimal(27028) + 1160
    with shop.grace.acting():
        assert [line.kind for line in session().get_one(RepairOrder, shop.order_id).lines][-1] == "fee"


def test_the_counter_takes_in_with_twelve_inputs_and_the_paper_has_all_of_it(shop: Shop, sign_in: Any) -> None:
    shop.approved()
    client = sign_in(shop.grace)
    page = client.get("/repair_order/new").text
    assert len(re.findall(r'class="mr-field[ "]', page)) <= 12
    paper = client.get(f"/repair_order/{shop.order_id}/work-order")
    text = PdfReader(io.BytesIO(paper.data)).pages[0].extract_text()
    for said in (str(shop.look("number")), "Mount ring bent", "Replace mount, align", "Shelf B4, box 17", "approved"):
        assert said in text
    shop.finished()
    task = client.get(f"/repair_order/{shop.order_id}").text
    assert "Still to pay" in task
