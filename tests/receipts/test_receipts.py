"""The receipt: rendered once, kept as it was, printed again only as a copy."""

from __future__ import annotations

import io
from decimal import Decimal

from pypdf import PdfReader

from erp import edit, files, session
from plugins.receipts.api import newest_of, print_copy
from plugins.receipts.models import Receipt
from plugins.repairs.models import RepairOrder
from tests.repairs.conftest import Shop


def paid(shop: Shop) -> int:
    """An order paid by Amina; returns the id of its receipt."""
    shop.receive()
    shop.inspect()
    shop.quote()
    shop.decide("accept")
    shop.repair()
    shop.do(shop.daniel, "check_quality", quality="pass")
    shop.do(shop.grace, "take_payment", tendered=Decimal(30000), handed_over=True)
    with shop.grace.acting():
        return newest_of(session().get_one(RepairOrder, shop.order_id)).id


def text_of(pdf: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)


def test_the_paper_says_who_paid_what_for_what(shop: Shop) -> None:
    receipt_id = paid(shop)
    with shop.grace.acting():
        (paper,) = files.of("receipt", receipt_id, "receipt")
        text = text_of(files.read(paper.tenant_id, paper.sha256))
    for words in (
        "Savanna Repairs Ltd",
        "Amina Hassan",
        "Grace Njeri",
        "Lens mount ring CG2-4410",
        "27,028.00",
        "2,972.00",
    ):
        assert words in text
    assert "COPY" not in text


def test_a_copy_is_marked_and_counted_and_the_original_stays(shop: Shop) -> None:
    receipt_id = paid(shop)
    with shop.grace.acting():
        (before,) = files.of("receipt", receipt_id)
        copy = text_of(print_copy(receipt_id))
        assert "COPY" in copy
        assert "27,028.00" in copy
        assert session().get_one(Receipt, receipt_id).print_count == 2
        (after,) = files.of("receipt", receipt_id)
        assert after.sha256 == before.sha256


def test_a_copy_says_what_the_original_said_whatever_changed_since(shop: Shop) -> None:
    receipt_id = paid(shop)
    with shop.grace.acting():
        order = session().get_one(RepairOrder, shop.order_id)
        edit(order.customer.id, "party", {"name": "Amina Hassan Ali"}, version=order.customer.version)
        assert "Amina Hassan Ali" not in text_of(print_copy(receipt_id))


def test_every_payment_has_one_receipt_of_its_amount(shop: Shop) -> None:
    receipt_id = paid(shop)
    with shop.grace.acting():
        receipt = session().get_one(Receipt, receipt_id)
        assert receipt.total == receipt.payment.paid_amount == Decimal("27028.00")
        assert receipt.subject_number == receipt.payment.subject_number
