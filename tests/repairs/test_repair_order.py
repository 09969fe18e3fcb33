"""What happens to an item a customer brings in."""

from __future__ import annotations

import io
from decimal import Decimal

import pytest
from pypdf import PdfReader

from erp import Invalid, MailRefused, files, session
from erp.workflow import letters
from plugins.payments.api import paid_for
from plugins.receipts.api import newest_of
from plugins.repairs.models import RepairOrder
from tests.repairs.conftest import Shop


def test_a_camera_goes_from_the_counter_to_the_receipt(shop: Shop) -> None:
    shop.receive()
    assert shop.look("state") == "received"
    assert shop.open == ["inspect"]

    shop.inspect()
    assert shop.look("state") == "inspected"

    shop.quote()
    assert shop.look("state", "total", "quote_revision") == ("quoted", Decimal("27028.00"), 1)
    assert shop.open == ["decide_quote"]

    shop.decide("accept")
    assert shop.look("state") == "in_repair"

    shop.repair()
    shop.do(shop.daniel, "check_quality", quality="pass")
    assert shop.look("state") == "ready"

    shop.do(shop.grace, "take_payment", tendered=Decimal(28000), handed_over=True)
    assert shop.look("state") == "delivered"
    assert shop.open == []
    assert shop.look("passed_states") == [
        "received", "inspected", "quoted", "approved", "in_repair", "quality_checked", "ready", "delivered",
    ]  # fmt: skip


def test_the_receipt_is_paid_for_numbered_and_kept(shop: Shop) -> None:
    ready_to_collect(shop)
    shop.do(shop.grace, "take_payment", tendered=Decimal(28000), handed_over=True)
    with shop.grace.acting():
        order = session().get_one(RepairOrder, shop.order_id)
        assert paid_for("repair_order", order.id) == Decimal("27028.00")
        receipt = newest_of(order)
        assert str(receipt.number).startswith("RC-")
        assert receipt.payment.number.startswith("PAY-")
        assert receipt.payment.change_amount == Decimal("972.00")
        (paper,) = files.of("receipt", receipt.id)
        text = PdfReader(io.BytesIO(files.read(paper.tenant_id, paper.sha256))).pages[0].extract_text()
        assert str(receipt.number) in text
        assert "27,028.00" in text
        assert "972.00" in text
        assert receipt.print_count == 1
        assert [file.purpose for file in files.of("repair_order", order.id)] == ["quotation", "receipt"]


def test_too_little_cash_is_refused_and_nothing_is_posted(shop: Shop) -> None:
    ready_to_collect(shop)
    with pytest.raises(Invalid) as refused:
        shop.do(shop.grace, "take_payment", tendered=Decimal(27000), handed_over=True)
    assert refused.value.fields == {"tendered": "KES 28.00 is missing."}
    assert shop.look("state") == "ready"
    with shop.grace.acting():
        assert paid_for("repair_order", shop.order_id) == 0


def test_what_cannot_be_repaired_goes_back(shop: Shop) -> None:
    shop.receive()
    shop.inspect("unrepairable")
    assert shop.look("state") == "unrepairable"
    shop.do(shop.grace, "settle_unrepairable", outcome="returned")
    shop.do(shop.grace, "return_item", handed_over=True)
    assert shop.look("state") == "returned_unrepaired"


def test_a_declined_quote_sends_the_item_back(shop: Shop) -> None:
    shop.receive()
    shop.inspect()
    shop.quote()
    shop.decide("decline", decline_reason="price", decline_note="I buy a new one")
    assert shop.look("state", "decline_reason") == ("declined", "price")
    assert shop.open == ["return_item"]


def test_the_quality_check_may_send_it_back_to_repair(shop: Shop) -> None:
    shop.receive()
    shop.inspect()
    shop.quote()
    shop.decide("accept")
    shop.repair()
    shop.do(shop.daniel, "check_quality", quality="rework", quality_note="Autofocus still hunts")
    assert shop.look("state", "rework_count") == ("in_repair", 1)
    assert shop.open == ["repair"]
    shop.repair()
    shop.do(shop.daniel, "check_quality", quality="pass")
    assert shop.look("state") == "ready"


def test_warranty_skips_the_quote_and_costs_nothing(shop: Shop) -> None:
    shop.receive()
    shop.inspect(warranty_override="all", warranty_reason="Goodwill")
    assert shop.look("state") == "in_repair"
    shop.repair()
    shop.do(shop.daniel, "check_quality", quality="pass")
    assert shop.open == ["hand_over"]
    shop.do(shop.grace, "hand_over", handed_over=True)
    assert shop.look("state", "total") == ("delivered", Decimal(0))
    with shop.grace.acting():
        assert paid_for("repair_order", shop.order_id) == 0


def test_a_customer_without_e_mail_is_asked_and_told_by_phone(shop: Shop) -> None:
    shop.receive(email=None)
    shop.inspect()
    shop.quote()
    assert shop.look("state") == "quoted"
    assert shop.open == ["record_decision"]
    shop.do(shop.grace, "record_decision", decision="accept")
    shop.repair()
    shop.do(shop.daniel, "check_quality", quality="pass")
    assert shop.open == ["phone_customer"]
    shop.do(shop.grace, "phone_customer", call_note="Comes on Friday")
    assert shop.look("state") == "ready"


def test_an_address_that_refuses_mail_becomes_a_phone_call(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_mail: object, **_about: object) -> None:
        raise MailRefused("550 no such user")

    monkeypatch.setattr(letters, "deliver", refuse)
    shop.receive(email="amina@refused.example")
    shop.inspect()
    shop.quote()
    assert shop.open == ["record_decision"]
    shop.do(shop.grace, "record_decision", decision="accept", email="amina@refused.example")
    shop.repair()
    shop.do(shop.daniel, "check_quality", quality="pass")
    assert shop.open == ["phone_customer"]


def test_a_new_customer_s_address_may_be_noted_with_the_decision(shop: Shop) -> None:
    shop.receive(email=None)
    shop.inspect()
    shop.quote()
    shop.do(shop.grace, "record_decision", decision="accept", email="amina@example.com")
    shop.repair()
    shop.do(shop.daniel, "check_quality", quality="pass")
    assert shop.look("state") == "ready"


def ready_to_collect(shop: Shop) -> None:
    shop.receive()
    shop.inspect()
    shop.quote()
    shop.decide("accept")
    shop.repair()
    shop.do(shop.daniel, "check_quality", quality="pass")
    assert shop.look("state") == "ready"
