"""Customers as the counter keeps them."""

from __future__ import annotations

import pytest

from erp import Forbidden, Invalid, create
from erp.testing.pytest_plugin import Company


def test_a_customer_needs_a_name_and_nothing_else(company: Company) -> None:
    with company.person("Counter").acting():
        amina = create("party", {"name": "Amina Hassan"})
        assert (amina.title, amina.kind, amina.phone) == ("Amina Hassan", "person", None)
        with pytest.raises(Invalid) as refused:
            create("party", {"phone": "+254 700 553 218"})
        assert refused.value.fields == {"name": "Fill this in."}


def test_the_number_of_the_old_books_is_unique_in_the_company(company: Company) -> None:
    with company.person("Counter").acting():
        create("party", {"name": "Customer 17850", "number": "17850", "country": "United Kingdom"})
        with pytest.raises(Invalid) as refused:
            create("party", {"name": "Somebody else", "number": "17850"})
        assert refused.value.fields == {"number": "There is already one with this value."}


def test_many_customers_may_have_no_number(company: Company) -> None:
    with company.person("Counter").acting():
        assert create("party", {"name": "A"}).id != create("party", {"name": "B"}).id


def test_a_technician_reads_customers_but_adds_none(company: Company) -> None:
    with company.person("Technician").acting(), pytest.raises(Forbidden):
        create("party", {"name": "Amina Hassan"})
