"""A purchase from order to bill: approved, sent, received, compared, owed."""

from __future__ import annotations

from decimal import Decimal

import pytest

from erp import Forbidden, files, session
from erp.mailbox import MailMessage


def test_a_small_purchase_needs_nobody_and_closes_by_itself(firm):
    order = firm.order(firm.line(firm.lamp, 10, 100), firm.line(firm.chair, 4, 200))
    firm.work()
    assert firm.state("purchase_order", order) == "sent"
    with firm.people["Ruth"].acting():
        row = firm.look("purchase_order", order)
        assert (row.subtotal, row.total) == (1800, Decimal(2088))
        mail = session().query(MailMessage).one()
        assert (mail.to, mail.subject) == ("orders@uhuru.example", f"Order {row.number}")
        assert [each.name for each in files.of("purchase_order", order)] == [f"{row.number}.pdf"]
    firm.receive(order)
    assert firm.counts() == {firm.lamp: 10, firm.chair: 4}
    assert firm.balances("stock", "goods_received") == [1800, -1800]
    bill = firm.bill(order, "INV-77")
    assert firm.state("supplier_bill", bill) == "posted"
    assert firm.balances("stock", "goods_received", "tax_receivable", "payable") == [1800, 0, 288, -2088]
    firm.work()
    assert firm.state("purchase_order", order) == "closed"


def test_twelve_thousand_go_to_two_of_three_managers(firm):
    order = firm.order(firm.line(firm.lamp, 100, 100), firm.line(firm.chair, 10, 200))
    assert firm.state("purchase_order", order) == "submitted"
    with pytest.raises(Forbidden):
        firm.do("Brian", "purchase_order", order, "decide", decision="approve")
    firm.do("Samuel", "purchase_order", order, "decide", decision="approve")
    assert firm.state("purchase_order", order) == "submitted"
    firm.do("Ruth", "purchase_order", order, "decide", decision="approve")
    firm.work()
    assert firm.state("purchase_order", order) == "sent"
