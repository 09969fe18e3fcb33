"""Customers as the counter keeps them."""

from __future__ import annotations

import pytest

from erp import Forbidden, Invalid, create, transaction, write_setting
from erp.documents.types import document_type
from erp.screens.search import search_page
from erp.testing.pytest_plugin import Company
from plugins.parties.models import DUPLICATES


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


# -- phones ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("typed", ["0700 553 218", "+254 700 553218", "00254700553218", "۰۷۰۰۵۵۳۲۱۸", "(0700) 553-218"])
def test_a_phone_is_found_however_it_is_written(company: Company, typed: str) -> None:
    with company.person("TENANT_MANAGER").acting():
        amina = create("party", {"name": "Amina Hassan", "phone": document_type("party").field("phone").parse(typed)})
        assert amina.phone_e164 == "+254700553218"
        for asked in ("0700553218", "+254700553218", "0700 553 218", "700553218", "۰۷۰۰۵۵۳۲۱۸"):
            assert [row.label for group in search_page(asked).groups for row in group.rows] == ["Amina Hassan"], asked


def test_a_party_has_several_phones_addresses_and_mail_boxes(company: Company) -> None:
    with company.person("TENANT_MANAGER").acting():
        clinic = create(
            "party",
            {
                "name": "Lakeside Clinic",
                "is_supplier": True,
                "phones": [{"phone": "0722 000 111", "kind": "work", "note": "Reception"}],
                "emails": [{"email": "bills@lakeside.example"}],
                "addresses": [{"street": "Oginga Odinga Street 4", "city": "Kisumu", "kind": "delivery"}],
            },
        )
        assert clinic.phones[0].phone_e164 == "+254722000111"
        for asked in ("0722000111", "bills@lakeside.example", "oginga"):
            assert [row.label for group in search_page(asked).groups for row in group.rows] == ["Lakeside Clinic"]
        kept = document_type("party").as_json(clinic)
        assert (kept["addresses"][0]["city"], kept["phones"][0]["kind"]) == ("Kisumu", "work")


def test_a_tax_number_is_written_as_its_country_writes_it(company: Company) -> None:
    with company.person("TENANT_MANAGER").acting():
        assert create("party", {"name": "A", "tax_number": "p051234567x"}).tax_number == "P051234567X"
        assert create("party", {"name": "B", "tax_number": "DE 129", "country": "Germany"}).tax_number == "DE 129"
        with pytest.raises(Invalid) as refused:
            create("party", {"name": "C", "tax_number": "12"})
        assert refused.value.fields == {"tax_number": "Tax numbers here are written like P051234567X."}


def test_a_second_of_the_same_is_shown_or_refused(company: Company, sign_in) -> None:
    boss = company.person("TENANT_MANAGER")
    with boss.acting():
        first = create("party", {"name": "Amina", "phone": "0700 553 218", "email": "amina@example.com"})
        second = create("party", {"name": "Amina H.", "phone": "+254700553218", "email": "Amina@Example.com"})
        assert {name: other.id for name, other in second.alike().items()} == {"phone": first.id, "email": first.id}
    page = sign_in(boss).get(f"/party/{second.id}").text
    assert "Same phone" in page
    assert f"/party/{first.id}" in page
    with boss.acting():
        with transaction():
            write_setting(DUPLICATES, "refuse")
        with pytest.raises(Invalid) as refused:
            create("party", {"name": "Amina again", "phones": [{"phone": "0700553218"}]})
        assert refused.value.fields == {"phone": f"Amina has this already: number {first.id}."}
