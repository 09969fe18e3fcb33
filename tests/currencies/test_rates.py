"""Exchange rates: the newest not after the day, either way round, or by way of the company's currency."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from erp import Forbidden, Invalid, create
from erp.money import Mode, UnknownCurrency
from plugins.currencies.api import RateMissing, converted, rate, rules_for

FIRST, TENTH, LAST = date(2026, 11, 1), date(2026, 11, 10), date(2026, 11, 30)


@pytest.fixture
def accountant(company):
    with company.person("Accountant").acting() as acting:
        yield acting


def add(base, quote, value, on=FIRST):
    create("exchange_rate", {"base_currency": base, "quote_currency": quote, "rate": Decimal(value), "valid_on": on})


def test_the_newest_rate_not_after_the_day_counts(accountant):
    add("USD", "KES", "129")
    add("USD", "KES", "130.5", TENTH)
    assert rate("USD", "KES", date(2026, 11, 9)) == 129
    assert rate("USD", "KES", TENTH) == rate("USD", "KES", LAST) == Decimal("130.5")


def test_a_currency_costs_one_of_itself(accountant):
    assert rate("EUR", "EUR", FIRST) == 1


def test_the_other_way_round_is_worked_out(accountant):
    add("USD", "KES", "128")
    assert rate("KES", "USD", FIRST) == Decimal("0.0078125")
    assert converted(Decimal(1280), "KES", "USD", FIRST) == Decimal("10.00")


def test_two_currencies_meet_in_the_company_s(accountant):
    add("USD", "KES", "130")
    add("EUR", "KES", "143")
    assert rate("EUR", "USD", FIRST) == Decimal("1.1")


def test_a_rate_of_its_own_wins_over_the_way_round(accountant):
    add("USD", "KES", "130")
    add("EUR", "KES", "143")
    add("EUR", "USD", "1.09")
    assert rate("EUR", "USD", FIRST) == Decimal("1.09")


def test_amounts_take_the_decimals_of_their_new_currency(accountant):
    add("USD", "IRR", "1120500")
    add("USD", "KES", "130")
    assert converted(Decimal("9.99"), "USD", "IRR", FIRST) == Decimal(11193795)


def test_small_rates_keep_their_digits(accountant):
    add("IRR", "USD", "0.000000892459")
    assert converted(Decimal(1_000_000_000), "IRR", "USD", FIRST) == Decimal("892.46")


def test_a_missing_rate_says_what_to_add(accountant):
    add("USD", "KES", "130", TENTH)
    with pytest.raises(RateMissing, match=r"no rate for USD in KES on 9 Nov.*: add it under Exchange rates"):
        rate("USD", "KES", date(2026, 11, 9))


def test_what_is_no_currency_is_refused(accountant):
    with pytest.raises(UnknownCurrency):
        rate("USX", "KES", FIRST)


def test_a_day_has_one_rate_of_a_pair(accountant):
    add("USD", "KES", "130")
    with pytest.raises(Invalid):
        add("USD", "KES", "131")


@pytest.mark.parametrize("value", ["0", "-1"])
def test_nothing_is_no_rate(accountant, value):
    with pytest.raises(Invalid):
        add("USD", "KES", value)


def test_a_currency_is_not_priced_in_itself(accountant):
    with pytest.raises(Invalid) as refused:
        add("USD", "USD", "1")
    assert "quote_currency" in refused.value.fields


def test_a_company_sees_its_own_rates_only(accountant, make_company):
    add("USD", "KES", "130")
    with make_company("Next door").person("Accountant").acting(), pytest.raises(RateMissing):
        rate("USD", "KES", FIRST)


def test_rates_are_the_accountant_s(company):
    with company.person("Counter").acting(), pytest.raises(Forbidden):
        add("USD", "KES", "130")


def test_amounts_are_rounded_by_the_currency_s_rule(company):
    with company.person("TENANT_MANAGER").acting():
        assert rules_for("CHF", cash=True).step == 0
        create("rounding_rule", {"currency": "CHF", "mode": "half_even", "cash_step": Decimal("0.05")})
        assert (rules_for("CHF").mode, rules_for("CHF").step) == (Mode.HALF_EVEN, 0)
        assert rules_for("CHF", cash=True).step == Decimal("0.05")
