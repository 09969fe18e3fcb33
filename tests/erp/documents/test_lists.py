"""One ListQuery for page, REST and export: search, filters, order, keyset paging, own fields."""

from __future__ import annotations

from decimal import Decimal

import pytest
import sqlalchemy as sa

from erp import operations
from erp.data.base import session, transaction
from erp.documents.lists import ListQuery
from erp.documents.types import ExtraField, document_type
from erp.errors import Invalid, NotFound, UserError

pytestmark = pytest.mark.usefixtures("app")
GOODS = [
    ("CG2-4410", "Lens mount ring", "6400"),
    ("CG2-6123", "Shutter unit", "14800"),
    ("BT-100", "Battery 100% original", "2500"),
    ("BT-1000", "Battery_large", "9000"),
]


@pytest.fixture
def shop(company):
    with company.person("TENANT_OWNER").acting():
        for code, name, price in GOODS:
            operations.create("product", {"code": code, "name": name, "unit_price": Decimal(price)})
        yield document_type("product")


def codes(query):
    return [row.code for row in query.page().rows]


def listed(kind, **args):
    return ListQuery.parse(kind, {"sort": "code", **args})


@pytest.mark.parametrize(
    ("args", "found"),
    [
        ({}, ["BT-100", "BT-1000", "CG2-4410", "CG2-6123"]),
        ({"q": "shutter"}, ["CG2-6123"]),
        ({"q": "cg2 ring"}, ["CG2-4410"]),
        ({"q": "bt100 100%"}, ["BT-100", "BT-1000"]),
        ({"q": "battery_l"}, ["BT-1000"]),
        ({"q": "attery"}, []),
        ({"q": "%"}, []),
        ({"q": "'; drop table product; --"}, []),
        ({"unit_price__ge": "9000"}, ["BT-1000", "CG2-6123"]),
        ({"unit_price__lt": "2,501"}, ["BT-100"]),
        ({"code__in": "BT-100,CG2-4410"}, ["BT-100", "CG2-4410"]),
        ({"code__not_in": "BT-100,CG2-4410"}, ["BT-1000", "CG2-6123"]),
        ({"name__contains": "UNIT"}, ["CG2-6123"]),
        ({"code__ne": "BT-100", "unit_price__gt": "6400"}, ["BT-1000", "CG2-6123"]),
        ({"sort": "-unit_price"}, ["CG2-6123", "BT-1000", "CG2-4410", "BT-100"]),
    ],
)
def test_it_shows_exactly_what_is_asked(shop, args, found):
    assert codes(listed(shop, **args)) == found


def test_pages_follow_each_other_without_gap_or_double(shop):
    for sort in ("code", "-code", "unit_price", "-unit_price", "id", "-id"):
        query, seen = listed(shop, sort=sort, size="1"), []
        while True:
            page = query.page()
            seen += [row.code for row in page.rows]
            if page.after is None:
                break
            query = listed(shop, sort=sort, size="1", after=page.after)
        assert sorted(seen) == sorted(code for code, _name, _price in GOODS)
        assert seen == [row.code for row in listed(shop, sort=sort).rows(chunk=3)]


def test_the_address_says_the_whole_list(shop):
    query = listed(shop, q="battery", unit_price__ge="3000", columns="code,name")
    assert codes(ListQuery.parse(shop, query.args())) == codes(query) == ["BT-1000"]


@pytest.mark.parametrize(
    ("args", "error"),
    [
        ({"unit_price__ge": "dear"}, Invalid),
        ({"nonsense__eq": "1"}, NotFound),
        ({"sort": "nonsense"}, NotFound),
        ({"after": "x'; --"}, UserError),
    ],
)
def test_what_makes_no_sense_is_a_sentence(shop, args, error):
    with pytest.raises(error):
        listed(shop, **args).page()


def test_fields_made_in_the_browser_are_listed_filtered_and_sorted_like_others(company):
    with company.person("TENANT_OWNER").acting():
        with transaction():
            session().add(
                ExtraField(
                    document_type="product", name="shelf_life", kind="integer", label="Shelf life", is_listed=True
                )
            )
        session.remove()
    with company.person("TENANT_OWNER").acting():
        kind = document_type("product")
        for code, days in (("MILK", 5), ("YOGURT", 20), ("HONEY", None)):
            operations.create("product", {"code": code, "name": code, "unit_price": Decimal(1), "shelf_life": days})
        assert "shelf_life" in [field.name for field in listed(kind).shown()]
        assert codes(listed(kind, shelf_life__lt="10")) == ["MILK"]
        assert codes(listed(kind, sort="-shelf_life")) == ["YOGURT", "MILK", "HONEY"]
        assert kind.as_json(listed(kind, shelf_life__eq="20").page().rows[0])["shelf_life"] == 20


def test_a_page_of_a_list_holds_what_it_shows_and_no_more(company):
    with company.person("TENANT_OWNER").acting():
        amina = operations.create("party", {"name": "Amina Hassan", "phone": "+254 700 553 218"})
        operations.create("repair_order", {"customer": amina.id, "item": "Canon EOS R6", "fault": "Error 20"})
        session.remove()
        order = ListQuery(document_type("repair_order")).shown_page().rows[0]
        assert (order.title, order.customer.title, order.customer.subtitle) == (
            "Canon EOS R6", "Amina Hassan", "+254 700 553 218",
        )  # fmt: skip
        assert "fault" in sa.inspect(order).unloaded
        assert "address" not in order.customer.__dict__
        shown = [entry.name for entry in document_type("repair_order").all_fields if entry.listed]
        assert not set(shown) & sa.inspect(order).unloaded
