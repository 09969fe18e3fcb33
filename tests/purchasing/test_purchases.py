"""A purchase from order to bill: approved, sent, received, compared, owed."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from erp import Forbidden, create, edit, files, session, today
from erp.mailbox import MailMessage
from erp.screens.lookups import offered
from plugins.accounting.api import open_lines
from plugins.products.api import unit
from plugins.purchasing import checks, ratings
from plugins.purchasing.proposing import draw_up
from plugins.stock.api import Source, incoming, on_hand, release, reservations_of
from tests.reported import table

CHECKS = (
    checks.bills_are_owed, checks.credit_notes_are_owed_less, checks.receipts_are_moves, checks.what_is_expected_is_to_come,
)  # fmt: skip


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


def test_what_runs_low_becomes_drafts_at_the_last_price_once(firm):
    order = firm.sent(firm.line(firm.lamp, 2, 450))
    firm.receive(order)
    with firm.people["Ruth"].acting():
        values = {"location": firm.here(), "minimum": 5, "maximum": 9, "lead_days": 7, "supplier": firm.supplier}
        for product in (firm.lamp, firm.chair):
            create("reorder_rule", {"product": product, **values})
        (draft,), again = draw_up(), draw_up()
        assert again == []
        row = firm.look("purchase_order", draft)
        assert [(line.quantity, line.unit_price) for line in row.lines] == [(7, 450), (9, 0)]
        assert row.needed_on == today() + timedelta(days=7)
    firm.do("Brian", "purchase_order", draft, "submit", decision="discard")


def test_reports_tell_what_is_open_what_was_billed_and_what_got_dearer(firm):
    first = firm.sent(firm.line(firm.lamp, 2, 400), firm.line(firm.chair, 1, 300))
    came = firm.receive(first)
    firm.bill(first, "A-1")
    second = firm.sent(firm.line(firm.lamp, 10, 440))
    firm.receive(second, 4)
    firm.credit("C-1", supplier_return=firm.send_back(came, 1))
    with firm.people["Ruth"].acting():
        assert table("open_purchase_orders", "accepted", "to_come", "to_bill", "worth") == [(4, 6, 4, 2640)]
        names = ("product", "quantity", "billed", "credited", "net")
        billed = table("purchases_by_supplier", *names, period="this_year")
        assert billed == [("Chair", 0, 300, 300, 0), ("Lamp", 1, 800, 400, 400)]
        assert table("purchase_price_changes", "product", "before", "after", "percent") == [("Lamp", 400, 440, 10)]
        assert ratings.of_supplier(firm.supplier).grade == "A"


def test_the_checks_find_nothing_after_all_that(firm):
    order = firm.sent(firm.line(firm.lamp, 10, 100))
    firm.receive(order, 4, rejected=1)
    firm.bill(order, "B-1")
    with firm.people["Ruth"].acting():
        assert [each for one in CHECKS for each in one()] == []
        row = firm.look("purchase_order", order)
        release([each.id for each in reservations_of(Source("purchase_order", order))])
        assert [each for one in CHECKS for each in one()] == [f"{row.number}: 6 are to come, 0 are expected"]


def test_a_foreign_supplier_is_owed_in_their_currency(firm):
    with firm.people["Ruth"].acting():
        create("exchange_rate", {"base_currency": "USD", "quote_currency": "KES", "rate": 130, "valid_on": today()})
        row = firm.look("party", firm.supplier)
        edit(firm.supplier, "party", {"party_supplier.order_currency": "USD"}, version=row.version)
    order = firm.sent(firm.line(firm.lamp, 10, "20.50"))
    firm.receive(order)
    firm.bill(order, "US-1")
    with firm.people["Ruth"].acting():
        assert firm.look("purchase_order", order).books_amount == 26650
        assert [(each.currency, each.currency_amount) for each in open_lines(firm.supplier)] == [
            ("USD", Decimal("-237.80"))
        ]
    assert firm.balances("stock", "goods_received", "payable") == [26650, 0, -30914]


def test_a_picked_product_brings_what_its_supplier_asked_last_never_what_customers_pay(firm):
    firm.sent(firm.line(firm.lamp, 2, 450))
    with firm.people["Ruth"].acting():
        row = firm.look("product", firm.lamp)
        edit(firm.lamp, "product", {"unit_price": Decimal(900)}, version=row.version)
        for party, price in ((firm.supplier, [["0", "450"]]), (0, [])):
            (found,) = offered("product", "Lamp", {"form": "purchase_order", "party": str(party)})
            assert found["steps"]["unit_price"] == price
        (found,) = offered("product", "Lamp", {"form": "invoice"})
        assert found["steps"]["unit_price"] == [["0", "900"]]


def test_goods_bought_by_the_dozen_are_expected_and_ordered_again_by_the_piece(firm):
    with firm.people["Ruth"].acting():
        dozen = unit("dozen").id
        row = firm.look("product", firm.lamp)
        edit(firm.lamp, "product", {"purchase_uom": dozen}, version=row.version)
    order = firm.sent(firm.line(firm.lamp, 2, 1200))
    with firm.people["Ruth"].acting():
        assert incoming(firm.lamp) == 24
        assert list(checks.what_is_expected_is_to_come()) == []
        (found,) = offered("product", "Lamp", {"form": "purchase_order", "party": str(firm.supplier)})
        assert found["steps"]["unit_price"] == [["0", "1200"]]
        (found,) = offered("product", "Lamp", {"form": "supplier_bill", "party": str(firm.supplier)})
        assert found["steps"]["unit_price"] == [["0", "100"]]
    firm.receive(order, 1)
    with firm.people["Ruth"].acting():
        assert (on_hand(firm.lamp), incoming(firm.lamp)) == (12, 12)
        assert list(checks.what_is_expected_is_to_come()) == []
        create("reorder_rule", {
            "product": firm.lamp, "location": firm.here(), "minimum": 30, "maximum": 40, "supplier": firm.supplier,
        })  # fmt: skip
        (draft,) = draw_up()
        (line,) = firm.look("purchase_order", draft).lines
        assert (line.quantity, line.uom.code, line.unit_price) == (16, "piece", 100)
