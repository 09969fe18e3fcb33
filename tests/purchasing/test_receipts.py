"""Receipts as they are changed while they are open: lines added at the door, another order."""

from __future__ import annotations

from erp import create, session, transaction
from plugins.purchasing.actions import expect_goods
from plugins.purchasing.deliveries import GoodsReceipt, SupplierReturn
from plugins.purchasing.models import PurchaseOrder
from plugins.stock.api import incoming


def test_what_is_added_at_the_door_and_rejected_goes_back_as_what_it_came_with(firm):
    order = firm.sent(firm.line(firm.lamp, 2, 5), firm.line(firm.chair, 3, 5))
    receipt = firm.make("Anne", "goods_receipt", order=order)
    row = {"product": firm.chair, "accepted": 0, "rejected": 1, "reason": "damaged"}
    firm.do("Anne", "goods_receipt", receipt, "receive", decision="receive", lines=[row])
    with firm.people["Anne"].acting():
        (came,) = firm.lines("goods_receipt", receipt)
        (back,) = session().query(SupplierReturn).one().lines
        assert back.receipt_line_id == came.id


def test_a_receipt_of_another_order_is_of_its_supplier(firm):
    with firm.people["Ruth"].acting():
        market = create("party", {"name": "Gikomba market", "is_supplier": True}).id
    line = firm.line(firm.lamp, 2, 5)
    orders = [firm.make("Brian", "purchase_order", supplier=who, lines=[line]) for who in (firm.supplier, market)]
    receipt = firm.make("Anne", "goods_receipt", order=orders[0])
    with firm.people["Anne"].acting(), transaction():
        row = session().get_one(GoodsReceipt, receipt)
        row.order = session().get_one(PurchaseOrder, orders[1])
        session().flush()
        row.recompute()
        assert row.supplier.id == market


def test_a_drawing_may_expect_the_goods_twice_before_they_are_sent(firm):
    order = firm.order(firm.line(firm.lamp, 100, 100))  # waits for its approval
    with firm.people["Ruth"].acting(), transaction():
        for _time in range(2):
            expect_goods(firm.look("purchase_order", order))
            assert incoming(firm.lamp) == 100
