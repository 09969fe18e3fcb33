"""A supplier takes back what they billed: for goods that went back or never came, and for a price too high."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa

from erp import Conflict, Forbidden, Invalid, clock, create, edit, session, today
from plugins.accounting.api import open_lines
from plugins.accounting.models import Account
from plugins.purchasing import checks, papers, progress

ORDERS_GO_TO = None
KEPT = ("stock", "goods_received", "stock_revaluation", "tax_receivable", "payable")


def lines(firm: Any, note: int) -> list[tuple[Any, ...]]:
    """(why, how many, for how much each) of a credit note's lines."""
    with firm.people["Ruth"].acting():
        return [(line.reason, line.quantity, line.unit_price) for line in firm.lines("supplier_credit_note", note)]


def bought(firm: Any, price: Any = 100) -> tuple[int, int, int]:
    """Ten lamps ordered for a hundred each, all there, billed for a price: order, receipt and bill."""
    order = firm.sent(firm.line(firm.lamp, 10, 100))
    receipt = firm.receive(order)
    bill = firm.bill(order, "INV-1", {"unit_price": Decimal(price)})
    if firm.state("supplier_bill", bill) == "mismatched":
        firm.do("Mercy", "supplier_bill", bill, "resolve_mismatch", decision="accept", comment="They will credit it")
    return order, receipt, bill


def test_what_went_back_is_credited_settles_its_bill_and_may_be_billed_when_it_comes_again(firm):
    order, receipt, _bill = bought(firm)
    back = firm.send_back(receipt, 3)
    with firm.people["Anne"].acting():
        told = papers.return_paper(firm.look("supplier_return", back))
        assert (told["reason"], told["total"], told["lines"][0]["quantity"]) == ("Poor quality", "300", "3")
    assert firm.balances(*KEPT) == [700, 300, 0, 160, -1160]
    note = firm.credit("CN-1", supplier_return=back)
    assert lines(firm, note) == [("returned", 3, 100)]
    assert firm.state("supplier_credit_note", note) == "posted"
    assert firm.balances(*KEPT) == [700, 0, 0, 112, -812]
    with firm.people["Ruth"].acting():
        assert [each.open for each in open_lines(firm.supplier)] == [-812]
        (stands,) = progress.of_order(order).values()
        assert (stands.credited, stands.to_come, stands.to_bill) == (3, 3, 0)
        assert firm.look("supplier_credit_note", note).total == 348
    firm.receive(order)
    again = firm.bill(order, "INV-2")
    with firm.people["Ruth"].acting():
        assert [line.quantity for line in firm.lines("supplier_bill", again)] == [3]
        assert [*checks.credit_notes_are_owed_less(), *checks.bills_are_owed()] == []
    assert firm.balances(*KEPT) == [1000, 0, 0, 160, -1160]
    firm.work()
    assert firm.state("purchase_order", order) == "closed"
    with firm.people["Wanjiku"].acting(), pytest.raises(Conflict, match="never changed"):
        row = firm.look("supplier_credit_note", note)
        row.recompute()


def test_a_price_too_high_comes_off_what_is_still_there_and_is_credited_once(firm):
    _order, receipt, bill = bought(firm, 106)
    assert firm.balances(*KEPT)[0] == 1060
    note = firm.credit("CN-2", bill=bill)
    assert lines(firm, note) == [("price", 10, 6)]
    assert firm.balances(*KEPT) == [1000, 0, 0, 160, -1160]
    with firm.people["Ruth"].acting():
        assert [each.open for each in open_lines(firm.supplier)] == [-1160]
    back = firm.credit("CN-2b", supplier_return=firm.send_back(receipt, 3))
    assert (lines(firm, back), firm.state("supplier_credit_note", back)) == ([("returned", 3, 100)], "posted")
    assert firm.balances(*KEPT) == [700, 0, 0, 112, -812]
    more = firm.make(
        "Wanjiku", "supplier_credit_note", supplier=firm.supplier, credit_number="CN-2c", credited_on=today(), bill=bill
    )
    assert lines(firm, more) == []


def test_of_a_price_credited_for_more_than_stayed_only_the_part_of_those_comes_off(firm):
    _order, receipt, bill = bought(firm, 106)
    firm.send_back(receipt, 3)
    assert firm.balances("stock") == [742]
    note = firm.credit("CN-9", {}, {"quantity": Decimal(10)}, bill=bill)
    assert lines(firm, note) == [("returned", 3, 106), ("price", 10, 6)]
    assert firm.balances("stock", "goods_received") == [700, 0]


def test_what_never_came_is_credited_beside_what_somebody_accepted(firm):
    order = firm.sent(firm.line(firm.lamp, 10, 100))
    firm.receive(order, 8)
    bill = firm.bill(order, "INV-3", {"quantity": Decimal(10), "unit_price": Decimal(106)})
    firm.do("Mercy", "supplier_bill", bill, "resolve_mismatch", decision="accept", comment="Two come tomorrow")
    assert firm.balances(*KEPT)[:3] == [860, 200, 0]
    assert lines(firm, firm.credit("CN-3", {}, bill=bill)) == [("missing", 2, 106), ("price", 8, 6)]
    assert firm.balances(*KEPT)[:3] == [800, 0, 0]


def test_what_never_came_is_credited_at_the_rate_of_its_bill(firm):
    def is_worth(shillings: int) -> None:
        with firm.people["Ruth"].acting():
            rate = {"base_currency": "USD", "quote_currency": "KES", "rate": shillings, "valid_on": today()}
            create("exchange_rate", rate)

    is_worth(130)
    with firm.people["Ruth"].acting():
        row = firm.look("party", firm.supplier)
        edit(firm.supplier, "party", {"party_supplier.order_currency": "USD"}, version=row.version)
    order = firm.sent(firm.line(firm.lamp, 10, 2))
    firm.receive(order, 8)
    bill = firm.bill(order, "INV-4", {"quantity": Decimal(10)})
    firm.do("Mercy", "supplier_bill", bill, "resolve_mismatch", decision="accept", comment="Two come tomorrow")
    assert firm.balances("stock", "goods_received") == [2080, 520]
    with clock.frozen(clock.now() + timedelta(days=1)):
        is_worth(140)
        assert lines(firm, firm.credit("CN-10", bill=bill)) == [("missing", 2, 2)]
        assert firm.balances("goods_received") == [0]


def test_too_little_waits_for_somebody_else_and_the_rest_is_a_cost(firm):
    _order, receipt, _bill = bought(firm)
    note = firm.credit("CN-4", {"unit_price": Decimal(50)}, supplier_return=firm.send_back(receipt, 3))
    assert firm.state("supplier_credit_note", note) == "mismatched"
    with firm.people["Ruth"].acting():
        row = firm.look("supplier_credit_note", note)
        assert (row.short_amount, row.mismatch) == (150, "Goods: KES 50.00 each is credited, KES 100.00 was billed.")
    with pytest.raises(Forbidden):
        firm.do("Wanjiku", "supplier_credit_note", note, "resolve_mismatch", decision="accept", comment="Mine")
    firm.do("Mercy", "supplier_credit_note", note, "resolve_mismatch", decision="accept", comment="They keep a fee")
    assert firm.balances(*KEPT) == [700, 0, 150, 136, -986]


def test_what_was_credited_meanwhile_is_not_accepted_any_more(firm):
    order, receipt, _bill = bought(firm)
    back = firm.send_back(receipt, 3)
    waits = firm.credit("CN-A", {"unit_price": Decimal(50)}, supplier_return=back)
    assert firm.state("supplier_credit_note", waits) == "mismatched"
    firm.credit("CN-B", supplier_return=back)
    with pytest.raises(Invalid) as error:
        firm.do(
            "Mercy", "supplier_credit_note", waits, "resolve_mismatch", decision="accept", comment="They keep a fee"
        )
    assert "Only 0 of it went back" in error.value.fields["lines-0-quantity"]
    session().rollback()
    with firm.people["Ruth"].acting():
        (stands,) = progress.of_order(order).values()
        assert (stands.credited, stands.credited_net) == (3, 300)
    assert firm.balances("goods_received") == [0]


def test_what_cannot_be_credited_is_refused_at_its_field(firm):
    _order, receipt, _bill = bought(firm)
    back = firm.send_back(receipt, 3)
    refused = {
        "lines-0-quantity": ({"quantity": Decimal(4)}, "Only 3 of it went back"),
        "lines-0-unit_price": ({"unit_price": Decimal(400)}, "Only KES 1,000.00 of it is billed"),
        "lines-0-account": ({"reason": "other", "product": None, "unit_price": Decimal(5)}, "Say to which account"),
    }
    for place, (field, (change, said)) in enumerate(refused.items()):
        with pytest.raises(Invalid) as error:
            firm.credit(f"CN-5{place}", change, supplier_return=back)
        assert said in error.value.fields[field]
        session().rollback()
    firm.credit("CN 6", supplier_return=back)
    with pytest.raises(Invalid) as error:
        firm.credit("cn-6", supplier_return=back)
    assert "Uhuru Parts has credited by this number already: SCN-" in error.value.fields["credit_number"]
    with firm.people["Wanjiku"].acting():
        draft = create("supplier_bill", {"supplier": firm.supplier, "bill_number": "INV-9", "billed_on": today()}).id
    with pytest.raises(Invalid) as error:
        firm.credit("CN-7", bill=draft)
    assert "is not posted" in error.value.fields["bill"]
    assert firm.balances("goods_received") == [0]


def test_a_bonus_is_decided_by_somebody_else_goes_to_an_account_and_settles_the_bill(firm):
    _order, _receipt, bill = bought(firm)
    with firm.people["Wanjiku"].acting():
        account = session().scalars(sa.select(Account.id).where(Account.kind == "income").limit(1)).one()
    with firm.people["Wanjiku"].acting():
        values = {"supplier": firm.supplier, "credit_number": "CN-8", "credited_on": today(), "bill": bill}
    note = firm.make("Wanjiku", "supplier_credit_note", **values)
    row = {"description": "Bonus", "reason": "other", "unit_price": Decimal(1001), "account": account}
    with pytest.raises(Invalid) as error:
        firm.do("Wanjiku", "supplier_credit_note", note, "enter", decision="post", lines=[row])
    assert error.value.fields == {"lines-0-unit_price": "Only KES 1,000.00 of the bill are not credited yet."}
    session().rollback()
    row |= {"unit_price": Decimal(500)}
    firm.do("Wanjiku", "supplier_credit_note", note, "enter", decision="post", lines=[row])
    assert firm.state("supplier_credit_note", note) == "mismatched"
    with firm.people["Ruth"].acting():
        assert firm.look("supplier_credit_note", note).mismatch == "KES 500.00 are for nothing that was ordered."
    firm.do("Mercy", "supplier_credit_note", note, "resolve_mismatch", decision="accept", comment="For a good year")
    with firm.people["Ruth"].acting():
        assert [each.open for each in open_lines(firm.supplier)] == [-580]
