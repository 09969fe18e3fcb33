"""Many prices changed at once, looked at before, and taken back as one."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from erp import batches, create, edit, session
from erp.testing.pytest_plugin import Company
from plugins.products.models import Product
from plugins.products.repricing import Wish, changed


@pytest.fixture
def boss(company: Company):
    person = company.person("TENANT_MANAGER")
    with person.acting():
        yield person


def money(text: str) -> Decimal:
    return Decimal(text)


@pytest.mark.parametrize(
    ("old", "percent", "ending", "new"),
    [
        ("1000", "5", "exact", "1050.00"),
        ("999", "3.333", "exact", "1032.30"),
        ("1000", "5", "0.99", "1049.99"),
        ("1000", "5", "0.95", "1049.95"),
        ("1249.60", "0", "whole", "1250"),
        ("10.20", "-50", "0.99", "4.99"),
        ("0.40", "0", "0.99", "0.99"),
        ("0", "10", "0.99", "0"),
    ],
)
def test_a_price_rises_and_ends_as_people_like_it(old, percent, ending, new):
    assert changed(money(old), Wish(money(percent), ending), "KES") == money(new)


@given(
    price=st.decimals("0.01", "99999", places=2), percent=st.decimals("-90", "200", places=2),
    ending=st.sampled_from(["0.99", "0.95"]),
)  # fmt: skip
def test_an_ending_is_the_nearest_there_is(price, percent, ending):
    exact, found = changed(price, Wish(percent), "KES"), changed(price, Wish(percent, ending), "KES")
    assert f"{found:f}".endswith(ending[1:]) or exact == 0
    assert abs(found - exact) <= money("0.5") or found == money(ending)


@pytest.fixture
def shelf(boss):
    """Two cups below Kitchen and a lamp elsewhere; one cup would be sold below cost when it is cheaper."""
    kitchen = create("product_category", {"name": "Kitchen"})
    cups = create("product_category", {"name": "Cups", "parent": kitchen.id})
    for code, price, cost, category in (
        ("CUP", "400", "390", cups), ("MUG", "1000", "300", kitchen), ("LAMP", "5000", None, None),
    ):  # fmt: skip
        create("product", {
            "code": code, "name": code.title(), "unit_price": money(price), "cost": cost and money(cost),
            "category": category.id if category else None,
        })  # fmt: skip
    return kitchen


def prices():
    session().expire_all()
    return {code: int(price) for code, price in session().execute(sa.select(Product.code, Product.unit_price))}


def hidden(page: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page):
        found.setdefault(name, []).append(value)
    found.pop("csrf_token", None)
    return found


def test_the_prices_of_a_category_change_as_one_batch_and_are_taken_back_as_one(boss, shelf, sign_in, post, run_jobs):
    client = sign_in(boss)
    asked = client.get(f"/product_category/{shelf.id}/prices")
    assert "Change the prices of 2 products" in asked.text
    sent = {**hidden(asked.text), "percent": "-10", "ending": "whole", "step": "go"}
    looked = post(client, "/product/bulk/prices", sent)
    assert looked.status_code == 200
    assert "Nothing is changed yet." in looked.text
    assert "1 would be sold below cost." in looked.text
    with boss.acting():
        assert prices() == {"CUP": 400, "MUG": 1000, "LAMP": 5000}
    gone = post(client, "/product/bulk/prices", {**hidden(looked.text), "step": "go"})
    assert gone.status_code == 302
    run_jobs()
    with boss.acting():
        assert prices() == {"CUP": 360, "MUG": 900, "LAMP": 5000}
        batch = batches.find(int(gone.location.rpartition("/")[2]))
        assert batch.title == "Prices -10 %, rounded: A whole amount"
        batches.undo(batch.id)
    run_jobs()
    with boss.acting():
        assert prices() == {"CUP": 400, "MUG": 1000, "LAMP": 5000}


def test_what_changed_since_it_was_looked_at_is_looked_at_again(boss, shelf, sign_in, post):
    ids = [str(each) for each in session().scalars(sa.select(Product.id))]
    client = sign_in(boss)
    looked = post(client, "/product/bulk/prices", {"id": ids, "percent": "5", "ending": "0.99", "step": "go"})
    with boss.acting():
        mug = session().scalars(sa.select(Product).where(Product.code == "MUG")).one()
        edit(mug.id, "product", {"unit_price": money("2000")}, version=mug.version)
    again = post(client, "/product/bulk/prices", {**hidden(looked.text), "step": "go"})
    assert again.status_code == 200
    assert "KES 2,099.99" in again.text


@pytest.mark.parametrize(
    ("percent", "ending", "sentence"),
    [
        ("0", "exact", "This changes nothing."),
        ("cheaper", "exact", "cheaper"),
        ("-100", "exact", "At least -99."),
        ("0", "whole", "No price would change."),
    ],
)
def test_a_wish_that_makes_no_sense_is_refused_beside_its_field(boss, shelf, sign_in, post, percent, ending, sentence):
    ids = [str(each) for each in session().scalars(sa.select(Product.id))]
    sent = {"id": ids, "percent": percent, "ending": ending, "step": "go"}
    page = post(sign_in(boss), "/product/bulk/prices", sent)
    assert page.status_code == 422
    assert sentence in page.text


def test_prices_of_a_list_are_changed_the_same_way(boss, shelf, sign_in, post, run_jobs):
    retail = create("price_list", {"name": "Retail", "is_default": True})
    mug = session().scalars(sa.select(Product).where(Product.code == "MUG")).one()
    line = create("price_list_line", {"price_list": retail.id, "product": mug.id, "price": money("950")})
    client = sign_in(boss)
    sent = {"id": [str(line.id)], "percent": "10", "ending": "exact", "step": "go"}
    looked = post(client, "/price_list_line/bulk/prices", sent)
    post(client, "/price_list_line/bulk/prices", {**hidden(looked.text), "step": "go"})
    run_jobs()
    with boss.acting():
        session().expire_all()
        assert session().get_one(type(line), line.id).price == 1045
