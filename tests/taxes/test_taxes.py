"""Tax categories: which taxes lie on a line on a day."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from erp import Invalid, create
from erp.money import TaxKind
from plugins.taxes.api import on_day

DAY = date(2026, 11, 24)


@pytest.fixture
def accountant(company):
    with company.person("Accountant").acting() as acting:
        yield acting


def category(name, **values):
    return create("tax_category", {"name": name, "code": name[:10], **values}).id


def tax(category_id, rate, **values):
    given = {"category": category_id, "name": "VAT", "rate": Decimal(rate), "valid_from": date(2020, 1, 1), **values}
    return create("tax", given)


def rates(taxes):
    return [each.rate for each in taxes]


def test_a_company_without_categories_takes_its_own_rate(accountant):
    assert rates(on_day(DAY).default) == [16]


def test_lines_that_name_no_category_get_the_default(accountant):
    standard, reduced = category("Standard", is_default=True), category("Reduced")
    tax(standard, 18)
    tax(reduced, 8)
    known = on_day(DAY)
    assert (rates(known.of(None)), rates(known.of(standard)), rates(known.of(reduced))) == ([18], [18], [8])


def test_a_rate_holds_from_a_day_until_a_day(accountant):
    standard = category("Standard")
    tax(standard, 14, valid_from=date(2020, 4, 1), valid_until=date(2020, 12, 31))
    tax(standard, 16, valid_from=date(2021, 1, 1))
    found = [rates(on_day(day).of(standard)) for day in (date(2020, 3, 31), date(2020, 12, 31), date(2021, 1, 1))]
    assert found == [[], [14], [16]]


def test_several_are_taken_in_their_order(accountant):
    hotel = category("Hotel")
    tax(hotel, 16, name="VAT", position=2, is_compound=True)
    tax(hotel, 2, name="Levy", position=1)
    assert [(each.name, each.is_compound) for each in on_day(DAY).of(hotel)] == [("Levy", False), ("VAT", True)]


def test_exempt_says_why(accountant):
    exempt = category("Exempt")
    with pytest.raises(Invalid):
        tax(exempt, 0, kind="exempt")
    tax(exempt, 0, kind="exempt", reason="Insurance, First Schedule")
    (found,) = on_day(DAY).of(exempt)
    assert (found.kind, found.reason) == (TaxKind.EXEMPT, "Insurance, First Schedule")


def test_exempt_takes_nothing(accountant):
    with pytest.raises(Invalid) as refused:
        tax(category("Exempt"), 5, kind="exempt", reason="Insurance")
    assert "rate" in refused.value.fields


def test_until_does_not_lie_before_from(accountant):
    with pytest.raises(Invalid) as refused:
        tax(category("Odd"), 5, valid_until=date(2019, 1, 1))
    assert "valid_until" in refused.value.fields


def test_there_is_one_default(accountant):
    category("Standard", is_default=True)
    with pytest.raises(Invalid) as refused:
        category("Another", is_default=True)
    assert "is_default" in refused.value.fields
