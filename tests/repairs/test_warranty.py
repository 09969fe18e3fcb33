"""What the warranty pays: decided by a table, parts and labour apart, readable on the order, and reported in full."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa

from erp import Invalid, create, session
from plugins.invoices.models import Invoice
from plugins.repairs.models import RepairOrder
from tests.repairs.conftest import LINES, Shop

TODAY = date.today()  # noqa: DTZ011 - the tables ask for the day it is here too
LAST_SPRING, YEAR_BEFORE, LONG_AGO = (TODAY - timedelta(days=days) for days in (100, 500, 900))


@pytest.mark.parametrize(
    ("facts", "covered", "sentence"),
    [
        ({"fault_kind": "defect", "purchased_on": LAST_SPRING, "has_proof": True}, (True, True, True),
         "Parts and labour are covered: a defect within the first year"),
        ({"fault_kind": "defect", "purchased_on": YEAR_BEFORE, "has_proof": True}, (False, False, True),
         "Only labour is covered: a defect within the second year; parts are paid"),
        ({"fault_kind": "defect", "purchased_on": LONG_AGO, "has_proof": True}, (False, False, False),
         "Not covered: it is older than two years"),
        ({"fault_kind": "defect", "purchased_on": LAST_SPRING}, (False, False, False),
         "Not covered: there is no proof of purchase, and we did not sell it"),
        ({"fault_kind": "liquid", "purchased_on": LAST_SPRING, "has_proof": True}, (False, False, False),
         "Not covered: what happened to it is not the maker’s fault"),
        ({}, (False, False, False), "Not covered: nobody has said what kind of fault it is"),
        ({"fault_kind": "wear", "warranty_override": "parts", "warranty_reason": "A good customer"}, (False, True, False),
         "Only parts are covered: A good customer (decided by hand; the table says: Not covered: wear and tear is never covered)"),
    ],
)  # fmt: skip
def test_the_table_decides_and_says_why(
    shop: Shop, facts: dict[str, object], covered: tuple[bool, ...], sentence: str
) -> None:
    shop.receive()
    shop.inspect(**facts)
    assert shop.look("under_warranty", "covers_parts", "covers_labour") == covered
    assert shop.look("warranty_decision").split("\n")[0] == sentence
    assert shop.open == (["repair"] if covered[0] else ["prepare_quote"])


def test_whoever_decides_otherwise_says_why(shop: Shop) -> None:
    shop.receive()
    with pytest.raises(Invalid) as refused:
        shop.inspect(warranty_override="all")
    assert refused.value.fields == {"warranty_reason": "Say why, for whoever looks at this later."}


def test_what_we_sold_needs_no_proof(shop: Shop) -> None:
    with shop.grace.acting(source="system"):
        ring = create("product", {"code": "R6", "name": "Canon R6", "unit_price": Decimal(1)}).id
    shop.receive(product=ring, purchased_on=LAST_SPRING)
    shop.inspect(fault_kind="defect")
    assert shop.look("under_warranty") is True


def test_of_a_partly_covered_repair_only_the_rest_is_charged(shop: Shop) -> None:
    shop.receive()
    shop.inspect(fault_kind="defect", purchased_on=YEAR_BEFORE, has_proof=True)
    shop.quote()
    assert shop.look("subtotal", "total", "covered_amount") == (Decimal(6400), Decimal(7424), Decimal(16900))
    with shop.grace.acting():
        line = session().get_one(RepairOrder, shop.order_id).lines[0]
        assert (line.unit_price, line.total) == (Decimal(2500), Decimal(0))
        terms = RepairOrder.terms(session().get_one(RepairOrder, shop.order_id))
        assert (terms.is_free("labour"), terms.is_free("part")) == (True, False)
    assert "KES 7,424.00" in shop.mails()[-1].text


def test_a_covered_repair_is_billed_at_no_price_and_its_cost_reported(shop: Shop) -> None:
    with shop.grace.acting(source="system"):
        ring = create("product", {"code": "CG2", "name": "Mount ring", "kind": "part", "unit_price": Decimal(6400)}).id
    shop.receive()
    shop.inspect(fault_kind="defect", purchased_on=LAST_SPRING, has_proof=True)
    used = {"kind": "part", "product": ring, "description": "Mount ring", "quantity": Decimal(1),
            "old_serial": "A-1", "new_serial": "B-2"}  # fmt: skip
    shop.do(shop.daniel, "repair", work_done="Ring replaced", outcome="done", lines=[used, LINES[2]])
    shop.do(shop.daniel, "check_quality", quality="pass")
    assert shop.look("total", "covered_amount") == (Decimal(0), Decimal(20800))
    assert "Nothing is to pay." in shop.mails()[-1].text
    shop.do(shop.grace, "hand_over", handed_over=True)
    assert shop.look("state", "outcome") == ("delivered", "repaired")
    with shop.grace.acting(source="system"):
        (bill,) = session().scalars(sa.select(Invoice).where(Invoice.subject_id == shop.order_id))
        assert (bill.total, bill.subject_number, len(bill.lines)) == (Decimal(0), shop.look("number"), 2)
        line = session().get_one(RepairOrder, shop.order_id).lines[0]
        assert (line.old_serial, line.new_serial, line.unit_price) == ("A-1", "B-2", Decimal(6400))
