"""Currencies and their smallest units."""

from __future__ import annotations

from decimal import Decimal

import pytest
from babel.numbers import list_currencies

from erp import money
from erp.money import CURRENCIES, Mode, UnknownCurrency, checked, exponent, rounded, to_step


@pytest.mark.parametrize(("code", "places"), [("KES", 2), ("IRR", 0), ("KWD", 3), ("JPY", 0), ("CLF", 4), ("EUR", 2)])
def test_each_currency_has_its_decimals(code, places):
    assert exponent(code) == places
    assert money.quantum(code) == Decimal(1).scaleb(-places)


def test_every_code_is_one_that_the_world_knows():
    assert set(CURRENCIES) <= set(list_currencies())
    assert len(CURRENCIES) > 150


def test_a_code_is_taken_as_people_write_it():
    assert checked(" kes ") == "KES"


@pytest.mark.parametrize("code", ["", "KS", "XYZ", "SHILLING", "12"])
def test_what_is_no_code_is_refused_with_a_sentence(code):
    with pytest.raises(UnknownCurrency, match="three letters"):
        checked(code)


@pytest.mark.parametrize(
    ("amount", "mode", "result"),
    [
        ("1.005", Mode.HALF_UP, "1.01"), ("-1.005", Mode.HALF_UP, "-1.01"), ("1.005", Mode.HALF_EVEN, "1.00"),
        ("1.015", Mode.HALF_EVEN, "1.02"), ("1.019", Mode.DOWN, "1.01"), ("-1.019", Mode.DOWN, "-1.01"),
    ],
)  # fmt: skip
def test_half_a_cent_goes_where_the_rule_says(amount, mode, result):
    assert rounded(Decimal(amount), "KES", mode) == Decimal(result)


@pytest.mark.parametrize(
    ("amount", "step", "result"), [("1.02", "0.05", "1.00"), ("1.03", "0.05", "1.05"), ("7", "0", "7")]
)
def test_cash_is_paid_in_the_coins_there_are(amount, step, result):
    assert to_step(Decimal(amount), Decimal(step)) == Decimal(result)
