"""A sale is priced, numbered and paid in one transaction; a refund takes back what is left of it and no more."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from erp import Invalid, document_type, today
from erp.testing.pytest_plugin import Person
from plugins.sales.api import Tender, Wanted, check_out, take_back, take_back_unknown
from plugins.sales.checkout import basket
from plugins.stock.api import on_hand
from tests.sales.conftest import party, product, stocked

CASH = [Tender("cash")]


def test_two_lamps_and_an_hour_are_sold_for_cash(manager: Person, truth: Any):
    with manager.acting():
        lamp = stocked("Lamp", "250")
        sale = check_out(
            [Wanted(lamp, Decimal(2)), Wanted(description="Fitting", unit_price=Decimal(100))],
            [Tender("cash", tendered=Decimal(1000))],
        )
        assert (sale.number or "").startswith("S-")
        assert (sale.subtotal, sale.tax, sale.total) == (600, 96, 696)
        assert [(line.description, line.net, line.tax) for line in sale.lines] == [
            ("Lamp", 500, 80), ("Fitting", 100, 16),
        ]  # fmt: skip
        assert [(each.kind, each.amount, each.change_amount) for each in sale.tenders] == [("cash", 696, 304)]
        assert ([line.cost for line in sale.lines], sale.cost) == ([200, 0], 200)
        assert (sale.employee, sale.customer, sale.summary) == ("Wanjiru Kamau", None, "Walk-in customer")


def test_what_is_wrong_is_said_at_its_line_or_tender(manager: Person):
    with manager.acting():
        lamp = stocked("Lamp", "250")
        for wanted, tenders, field, said in (
            ([], CASH, "lines", "Add at least one line."),
            ([Wanted(lamp, Decimal(0))], CASH, "lines-0-quantity", "This must be more than 0."),
            ([Wanted()], CASH, "lines-0-description", "Choose a product, or say what it is and what it costs."),
            ([Wanted(lamp)], [Tender("cash", Decimal(100))], "tenders", "KES 290.00 is to be paid; KES 190.00 is missing."),
            ([Wanted(lamp)], [Tender("bank", Decimal(300))], "tenders", "KES 10.00 is paid too much."),
            ([Wanted(lamp)], [Tender("account")], "customer", "Choose who buys on account."),
            ([Wanted(lamp)], [Tender("shells")], "tenders-0-kind", "Choose one of the list."),
        ):  # fmt: skip
            with pytest.raises(Invalid) as refusal:
                check_out(wanted, tenders)
            assert refusal.value.fields[field].replace("\xa0", " ") == said


def test_parts_taken_back_add_up_to_what_was_sold_and_no_more_comes_back(manager: Person):
    with manager.acting():
        lamp, amina = stocked("Lamp", "33.33"), party("Amina", country="Kenya")
        sale = check_out([Wanted(lamp, Decimal(3))], [Tender("account")], customer=amina)
        line = sale.lines[0].id
        parts = [take_back(sale, {line: Decimal(1)}, "cash") for _time in range(3)]
        assert sum(part.total for part in parts) == sale.total
        assert sum(part.tax for part in parts) == sale.tax
        assert {part.customer for part in parts} == {amina}
        with pytest.raises(Invalid) as refusal:
            take_back(sale, {line: Decimal(1)}, "cash")
        assert refusal.value.fields == {"lines": "Only 0 of “Lamp” is left to take back."}


def test_a_bundle_takes_its_parts_from_the_shelf_and_brings_their_share_back(manager: Person):
    with manager.acting():
        cup, tea = stocked("Cup", "4", count=12, value=24), stocked("Tea", "6", count=10, value=30)
        parts = [{"component": part.id, "quantity": Decimal(count)} for part, count in ((cup, 2), (tea, 1))]
        hamper = product("Hamper", "20", kind="bundle", components=parts)
        sale = check_out([Wanted(hamper, Decimal(3))], CASH)
        assert (on_hand(cup.id), on_hand(tea.id)) == (6, 7)
        assert ([line.cost for line in sale.lines], sale.cost) == ([21], 21)
        back = take_back(sale, {sale.lines[0].id: Decimal(1)}, "cash")
        assert (on_hand(cup.id), on_hand(tea.id), back.cost) == (8, 8, 7)
        loose = take_back_unknown(basket([Wanted(hamper)], "KES", today(), cash=True), "cash")
        assert (on_hand(cup.id), on_hand(tea.id), loose.cost) == (10, 9, 7)


def test_nobody_types_a_sale_and_who_may_not_see_costs_does_not(manager: Person, company: Any, sign_in: Any):
    counter = company.person("Counter")
    with manager.acting():
        sale_id = check_out([Wanted(stocked("Lamp", "250"))], CASH).id
        assert not document_type("sale").hidden
    with counter.acting():
        assert document_type("sale").hidden == {"cost"}
    assert sign_in(manager).get("/sale/new").status_code == 403
    page = sign_in(counter).get(f"/sale/{sale_id}")
    assert page.status_code == 200
    assert "Lamp" in page.text
