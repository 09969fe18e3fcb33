"""What is needed is asked of suppliers, compared and ordered; what freight costs goes onto the goods."""

from __future__ import annotations

from decimal import Decimal

import pytest

from erp import Forbidden, Invalid, create, session
from plugins.accounting.models import Account
from plugins.purchasing.sourcing import ordered


def test_what_is_needed_is_asked_of_two_and_ordered_from_the_better(firm, sign_in):
    need = {
        "reason": "New shop window",
        "lines": [{"product": firm.lamp, "description": "Lamp", "quantity": Decimal(4)}],
    }
    asked = firm.make("Anne", "purchase_requisition", **need)
    firm.do("Anne", "purchase_requisition", asked, "ask", decision="ask")
    with pytest.raises(Forbidden):
        firm.do("Anne", "purchase_requisition", asked, "agree", decision="agree")
    firm.do("Mercy", "purchase_requisition", asked, "agree", decision="agree", comment=None)
    with firm.people["Ruth"].acting():
        other = create("party", {"name": "Nairobi Lamps", "is_supplier": True}).id
    quotes = []
    for supplier, price in ((firm.supplier, 950), (other, 900)):
        quote = firm.make("Brian", "request_for_quotation", requisition=asked, supplier=supplier)
        firm.do("Brian", "request_for_quotation", quote, "ask", decision="ask")
        firm.work()
        with firm.people["Brian"].acting():
            rows = [
                {"id": line.id, "unit_price": Decimal(price)} for line in firm.lines("request_for_quotation", quote)
            ]
        firm.do("Brian", "request_for_quotation", quote, "record", decision="offered", lead_days=3, lines=rows)
        quotes.append(quote)
    page = sign_in(firm.people["Brian"]).get(f"/purchase_requisition/{asked}").text
    assert "Offers side by side" in page
    assert "Nairobi Lamps" in page
    with firm.people["Brian"].acting():
        order = ordered(firm.look("request_for_quotation", quotes[1]))
        row = firm.look("purchase_order", order)
        assert (row.supplier.name, row.subtotal, row.state) == ("Nairobi Lamps", 3600, "draft")
        assert ordered(firm.look("request_for_quotation", quotes[1])) == order


def test_freight_goes_onto_the_goods_that_are_still_there(firm):
    order = firm.sent(firm.line(firm.lamp, 10, 300), firm.line(firm.chair, 5, 200))
    receipt = firm.receive(order)
    with firm.people["Ruth"].acting():
        freight = session().query(Account).filter_by(code="5040").one().id
        gone = {"product": firm.chair, "location": firm.here(), "quantity": Decimal(-5)}
        made = create("stock_adjustment", {"reason": "damage", "lines": [gone]}).id
    firm.do("Anne", "stock_adjustment", made, "submit", decision="submit")
    values = {"receipt": receipt, "reason": "Lorry", "cost": Decimal(400), "account": freight}
    cost = firm.make("Wanjiku", "landed_cost", **values)
    firm.do("Wanjiku", "landed_cost", cost, "spread_it", decision="spread")
    with firm.people["Ruth"].acting():
        assert firm.look("landed_cost", cost).onto_goods == 300
    assert firm.balances("stock", "stock_revaluation") == [3300, 100]
    heavy = firm.make("Wanjiku", "landed_cost", **values, basis="weight")
    with pytest.raises(Invalid) as refused:
        firm.do("Wanjiku", "landed_cost", heavy, "spread_it", decision="spread")
    assert refused.value.fields == {"basis": "Lamp has no weight."}
