"""Bad input and what does not match: a clear word at the right place, and nothing half done."""

from __future__ import annotations

from decimal import Decimal

import pytest

from erp import Forbidden, Invalid, create, edit, session, today, transaction
from plugins.accounting.models import LedgerLock
from plugins.purchasing import progress
from plugins.purchasing.deliveries import SupplierReturn
from plugins.stock.api import expected


def test_a_bill_over_tolerance_waits_for_somebody_else_who_accepts_it(firm):
    order = firm.sent(firm.line(firm.lamp, 20, 500), firm.line(firm.chair, 10, 150))
    firm.receive(order)
    bill = firm.bill(order, "INV-1", {"unit_price": Decimal(530)})
    assert firm.state("supplier_bill", bill) == "mismatched"
    assert firm.balances("payable") == [0]
    with firm.people["Ruth"].acting():
        row = firm.look("supplier_bill", bill)
        assert (row.price_over, row.amount_over) == (6, 600)
        assert row.mismatch == "Goods: KES 530.00 each is asked, KES 500.00 was ordered."
    with pytest.raises(Forbidden):
        firm.do("Wanjiku", "supplier_bill", bill, "resolve_mismatch", decision="accept", comment="Mine")
    with pytest.raises(Invalid):
        firm.do("Mercy", "supplier_bill", bill, "resolve_mismatch", decision="accept")
    firm.do("Mercy", "supplier_bill", bill, "resolve_mismatch", decision="accept", comment="Copper is dear")
    assert firm.state("supplier_bill", bill) == "posted"
    assert firm.balances("stock", "goods_received", "stock_revaluation") == [12100, 0, 0]
    assert firm.balances("tax_receivable", "payable") == [1936, -14036]


def test_of_what_is_sold_already_the_difference_is_cost(firm):
    order = firm.sent(firm.line(firm.lamp, 10, 100))
    firm.receive(order)
    with firm.people["Ruth"].acting():
        gone = {"product": firm.lamp, "location": firm.here(), "quantity": Decimal(-4)}
        made = create("stock_adjustment", {"reason": "damage", "lines": [gone]}).id
    firm.do("Anne", "stock_adjustment", made, "submit", decision="submit")
    firm.bill(order, "INV-2", {"unit_price": Decimal(102)})
    assert firm.balances("stock", "stock_revaluation", "goods_received") == [612, 8, 0]


def test_a_bill_for_more_than_came_is_put_right_or_refused(firm):
    order = firm.sent(firm.line(firm.lamp, 10, 100))
    firm.receive(order, 6)
    bill = firm.bill(order, "INV-3", {"quantity": Decimal(10)})
    with firm.people["Ruth"].acting():
        assert firm.look("supplier_bill", bill).mismatch == "Goods: 10 are billed, 6 came and are not billed yet."
    firm.do("Ruth", "supplier_bill", bill, "resolve_mismatch", decision="correct", comment="Six came")
    with firm.people["Ruth"].acting():
        rows = [{"id": line.id, "quantity": Decimal(6)} for line in firm.lines("supplier_bill", bill)]
    firm.do("Wanjiku", "supplier_bill", bill, "enter", decision="post", lines=rows)
    assert firm.state("supplier_bill", bill) == "posted"
    second = firm.bill(order, "INV-4", {}) if firm.receive(order) else 0
    assert firm.state("supplier_bill", second) == "posted"
    firm.work()
    assert firm.state("purchase_order", order) == "closed"


def test_the_same_number_of_a_supplier_is_taken_once_unless_it_was_refused(firm):
    order = firm.sent(firm.line(firm.lamp, 10, 100))
    firm.receive(order)
    first = firm.bill(order, "INV 5", {"quantity": Decimal(12)})
    with pytest.raises(Invalid) as refused:
        firm.bill(order, "inv-5")
    assert "Uhuru Parts has billed this number already: BILL-" in refused.value.fields["bill_number"]
    firm.do("Mercy", "supplier_bill", first, "resolve_mismatch", decision="refuse", comment="Ten were ordered")
    assert firm.state("supplier_bill", first) == "refused"
    assert firm.state("supplier_bill", firm.bill(order, "inv-5")) == "posted"


def test_what_is_rejected_goes_back_and_stays_to_come(firm):
    order = firm.sent(firm.line(firm.lamp, 10, 100))
    receipt = firm.receive(order, 7, rejected=3)
    assert firm.counts() == {firm.lamp: 7}
    with firm.people["Anne"].acting():
        back = session().query(SupplierReturn).one()
        assert [(line.quantity, line.was_accepted) for line in back.lines] == [(3, False)]
        (stands,) = progress.of_order(order).values()
        assert (stands.to_come, stands.rejected, stands.to_bill) == (3, 3, 7)
        assert expected([firm.lamp], firm.here())[firm.lamp][0] == 3
    firm.do("Anne", "supplier_return", back.id, "send_back", decision="send")
    assert firm.counts() == {firm.lamp: 7}
    later = firm.make("Anne", "supplier_return", receipt=receipt, reason="quality")
    firm.do("Anne", "supplier_return", later, "send_back", decision="send")
    assert firm.counts().get(firm.lamp, 0) == 0
    assert firm.balances("stock", "goods_received") == [0, 0]
    again = firm.make("Anne", "supplier_return", receipt=receipt, reason="quality")
    with pytest.raises(Invalid, match="Only 0 of it are left"):
        firm.do("Anne", "supplier_return", again, "send_back", decision="send")


def test_more_than_was_ordered_is_taken_by_who_may_with_a_reason(firm):
    order = firm.sent(firm.line(firm.lamp, 10, 100))
    with pytest.raises(Invalid) as refused:
        firm.receive(order, 12)
    assert refused.value.fields == {"lines-0-accepted": "Only 10 of it are still to come."}
    with pytest.raises(Invalid):
        firm.receive(order, 12, over_reason="They sent two more")
    assert firm.counts() == {}
    firm.receive(order, 12, who="Samuel", over_reason="They sent two more")
    assert firm.counts() == {firm.lamp: 12}
    assert firm.balances("stock") == [1200]
    firm.bill(order, "INV-12")
    firm.work()
    assert firm.state("purchase_order", order) == "closed"


def test_a_remainder_that_is_worth_much_is_cancelled_with_somebody_else(firm):
    order = firm.sent(firm.line(firm.lamp, 300, 100))
    firm.receive(order, 100)
    firm.do("Brian", "purchase_order", order, "follow_up", decision="close")
    with firm.people["Ruth"].acting():
        assert firm.look("purchase_order", order).cancelled_amount == 20000
    with pytest.raises(Forbidden):
        firm.do("Brian", "purchase_order", order, "decide", decision="approve")
    firm.do("Mercy", "purchase_order", order, "decide", decision="reject", comment="They come in May")
    for _again in range(2):
        firm.do("Brian", "purchase_order", order, "follow_up", decision="close")
        firm.do("Mercy", "purchase_order", order, "decide", decision="reject", comment="They do come in May")
    firm.receive(order, 150)
    firm.do("Brian", "purchase_order", order, "follow_up", decision="close")
    assert firm.state("purchase_order", order) == "closed"
    with firm.people["Ruth"].acting():
        assert (firm.look("purchase_order", order).cancelled_amount, expected([firm.lamp], firm.here())) == (5000, {})


def test_a_line_is_left_out_instead_of_rejecting_all(firm):
    order = firm.order(firm.line(firm.lamp, 100, 100), firm.line(firm.chair, 10, 200, description="Chairs"))
    with firm.people["Mercy"].acting():
        dropped = f"drop_{firm.lines('purchase_order', order)[1].id}"
    firm.do("Mercy", "purchase_order", order, "decide", decision="approve", comment="No chairs", **{dropped: True})
    firm.do("Ruth", "purchase_order", order, "decide", decision="approve")
    with firm.people["Ruth"].acting():
        row = firm.look("purchase_order", order)
        assert (len(row.lines), row.subtotal, row.passed("approved")) == (1, 10000, True)


def test_a_locked_period_takes_neither_goods_nor_bills(firm):
    order = firm.sent(firm.line(firm.lamp, 10, 100))
    with firm.people["Ruth"].acting(), transaction():
        session().add(LedgerLock(kind="all", until=today(), reason="Closed"))
    with pytest.raises(Invalid) as refused:
        firm.receive(order)
    assert "is locked" in refused.value.fields["received_on"]
    assert firm.counts() == {}


def test_nothing_is_ordered_from_who_is_blocked_and_c_suppliers_ask_two(firm):
    with firm.people["Ruth"].acting():
        row = firm.look("party", firm.supplier)
        edit(firm.supplier, "party", {"party_supplier.is_blocked": True}, version=row.version)
    with pytest.raises(Invalid) as refused:
        firm.order(firm.line(firm.lamp, 1, 1))
    assert refused.value.fields == {"supplier": "Nothing is ordered from Uhuru Parts now."}
