"""Receipts as they are changed while they are open: lines added at the door, another order."""

from __future__ import annotations

from erp import create, session, transaction
from plugins.purchasing.deliveries import GoodsReceipt, SupplierReturn
from plugins.purchasing.models import PurchaseOrder


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
