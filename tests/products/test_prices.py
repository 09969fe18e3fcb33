"""What a customer pays: their list, the default one, or the product's own price, and why."""

from __future__ import annotations

import io
import re
from datetime import date, timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from openpyxl import load_workbook

from erp import Invalid, archiving, create, edit, hold_at, session, today, transaction
from erp.errors import Conflict
from erp.testing.pytest_plugin import Company
from plugins.products.pricelists import PriceChange
from plugins.products.prices import Terms, price_of, prices_of, steps_of

DAY = timedelta(days=1)


@pytest.fixture
def boss(company: Company):
    person = company.person("TENANT_MANAGER")
    with person.acting():
        yield person


@pytest.fixture
def shelf(boss):
    """A shirt and a coat below Garments, and a customer who pays wholesale prices."""
    garments = create("product_category", {"name": "Garments"})
    shirts = create("product_category", {"name": "Shirts", "parent": garments.id})
    made = {
        "shirt": product("SHIRT", "1000", category=shirts.id), "coat": product("COAT", "5000", category=garments.id),
        "mug": product("MUG", "300"), "wholesale": create("price_list", {"name": "Wholesale", "priority": 5}),
        "garments": garments, "shirts": shirts,
    }  # fmt: skip
    made["shop"] = create("party", {"name": "Kilimani Outfitters", "party_prices.price_list": made["wholesale"].id})
    return made


def product(code: str, price: str, **more):
    return create("product", {"code": code, "name": code.title(), "unit_price": Decimal(price), **more})


def line(price_list, **values):
    decimals = {name: Decimal(values.pop(name)) for name in ("price", "percent_off", "from_quantity") if name in values}
    links = {name: getattr(value, "id", value) for name, value in values.items()}
    return create("price_list_line", {"price_list": price_list.id, **links, **decimals})


def told(product, quantity="1", **terms):
    found = price_of(product.id, Decimal(quantity), Terms(**terms))
    return found.amount, found.rule


def test_without_a_list_a_product_costs_its_own_price(shelf):
    assert told(shelf["shirt"]) == (Decimal(1000), "")


def test_the_nearest_price_of_the_customers_list_is_taken_and_named(shelf):
    shirt, coat, party = shelf["shirt"], shelf["coat"], shelf["shop"].id
    line(shelf["wholesale"], percent_off="5")
    assert told(shirt, party_id=party) == (Decimal(950), "Wholesale: everything, 5 % off")
    line(shelf["wholesale"], category=shelf["garments"], percent_off="10")
    assert told(shirt, party_id=party) == (Decimal(900), "Wholesale: Garments, 10 % off")
    line(shelf["wholesale"], category=shelf["shirts"], percent_off="20")
    assert told(shirt, party_id=party) == (Decimal(800), "Wholesale: Shirts, 20 % off")
    assert told(coat, party_id=party) == (Decimal(4500), "Wholesale: Garments, 10 % off")
    line(shelf["wholesale"], product=shirt, price="777")
    assert told(shirt, party_id=party) == (Decimal(777), "Wholesale: Shirt")
    assert told(shirt) == (Decimal(1000), "")
    assert told(shelf["mug"], party_id=party) == (Decimal(285), "Wholesale: everything, 5 % off")


def test_more_of_it_costs_less_from_its_quantity_on(shelf):
    shirt, party = shelf["shirt"], shelf["shop"].id
    line(shelf["wholesale"], product=shirt, price="900")
    line(shelf["wholesale"], product=shirt, price="800", from_quantity="12")
    line(shelf["wholesale"], product=shirt, price="700", from_quantity="100")
    prices = prices_of([(shirt.id, Decimal(count)) for count in (1, 11, 12, 99, 100)], Terms(party_id=party))
    assert [int(each.amount) for each in prices] == [900, 900, 800, 800, 700]
    steps = steps_of([shirt.id, shelf["mug"].id], Terms(party_id=party))
    assert [(each.quantity, each.amount) for each in steps[shirt.id]] == [(0, 900), (12, 800), (100, 700)]
    assert [(each.quantity, each.amount) for each in steps[shelf["mug"].id]] == [(0, 300)]


def test_those_who_have_no_list_pay_the_default_ones_prices(shelf):
    retail = create("price_list", {"name": "Retail", "is_default": True})
    line(retail, product=shelf["shirt"], price="1100")
    line(retail, product=shelf["coat"], price="5500")
    line(shelf["wholesale"], product=shelf["shirt"], price="900")
    party = shelf["shop"].id
    assert [told(shelf[name])[0] for name in ("shirt", "coat", "mug")] == [1100, 5500, 300]
    # what a customer's own list does not name is as for everybody
    assert [told(shelf[name], party_id=party)[0] for name in ("shirt", "coat", "mug")] == [900, 5500, 300]


def test_a_list_holds_at_its_branch_and_in_its_days(shelf, company):
    westlands, mombasa = company.place.branch_ids.values()
    summer = create("price_list", {"name": "Summer", "is_default": True, "valid_until": today()})
    line(summer, percent_off="50", valid_from=today() - DAY)
    assert [told(shelf["mug"], on=today() + days * DAY)[0] for days in (-2, -1, 0, 1)] == [300, 150, 150, 300]
    with transaction():
        hold_at("price_list", summer.id, mombasa)
    assert [told(shelf["mug"], branch_id=each)[0] for each in (mombasa, westlands)] == [150, 300]


def test_what_is_put_away_holds_no_more(shelf):
    rule = line(shelf["wholesale"], product=shelf["shirt"], price="900")
    archiving.put_away("price_list_line", rule.id)
    assert told(shelf["shirt"], party_id=shelf["shop"].id) == (Decimal(1000), "")


def test_prices_in_another_currency_are_turned_by_its_rate_or_refused_where_there_is_none(shelf):
    with pytest.raises(Invalid) as refused:
        create("price_list", {"name": "Export", "currency": "USD"})
    assert "There is no rate for USD in KES" in refused.value.fields["currency"]
    create("exchange_rate", {
        "base_currency": "USD", "quote_currency": "KES", "rate": Decimal(130), "valid_on": date(2020, 1, 1)})  # fmt: skip
    export = create("price_list", {"name": "Export", "currency": "USD"})
    line(export, product=shelf["shirt"], price="9.50")
    assert told(shelf["shirt"], price_list_id=export.id) == (Decimal("1235.00"), "Export: Shirt")
    assert told(shelf["shirt"], price_list_id=export.id, currency="USD") == (Decimal("9.50"), "Export: Shirt")
    with pytest.raises(Conflict, match="no rate for KES in EUR"):
        told(shelf["mug"], currency="EUR")


def test_what_cannot_hold_is_said_beside_its_field(shelf):
    shirt, wholesale = shelf["shirt"], shelf["wholesale"]
    line(wholesale, product=shirt, price="900", valid_from=today(), valid_until=today() + 9 * DAY)
    for values, field, sentence in (
        ({"product": shirt, "price": "1", "valid_from": today() + 9 * DAY}, "valid_from",
         "Another price for this quantity holds then: KES 900.00, "),
        ({"product": shirt, "price": "1"}, "from_quantity", "Another price for this quantity holds then"),
        ({"product": shirt, "price": "-1"}, "price", "At least 0."),
        ({"product": shirt, "percent_off": "101"}, "percent_off", "At most 100."),
        ({"product": shirt, "price": "1", "percent_off": "5"}, "percent_off", "not both"),
        ({"product": shirt, "category": shelf["shirts"], "price": "1"}, "category", "Choose one"),
        ({"category": shelf["shirts"], "price": "1"}, "price", "An amount belongs to a product or a family."),
        ({"product": shelf["mug"], "price": "1", "valid_from": today(), "valid_until": today() - DAY}, "valid_until",
         "This is before the first day."),
    ):  # fmt: skip
        with pytest.raises(Invalid) as refused:
            line(wholesale, **values)
        assert list(refused.value.fields) == [field]
        assert sentence in refused.value.fields[field]
    line(wholesale, product=shirt, price="850", valid_from=today() + 10 * DAY)
    line(wholesale, product=shirt, price="800", from_quantity="10")


def test_many_prices_are_two_statements(shelf):
    made = [product(f"P-{count}", str(100 + count)) for count in range(30)]
    line(shelf["wholesale"], percent_off="10")
    counted = []
    engine = session().get_bind()
    terms = Terms(party_id=shelf["shop"].id)
    prices_of([(made[0].id, Decimal(1))], terms)  # the company is known from here on
    sa.event.listen(engine, "before_cursor_execute", lambda *args: counted.append(args[2]))
    found = prices_of([(each.id, Decimal(1)) for each in made], terms)
    selects = [each for each in counted if "product" in each]
    assert len(selects) == 2
    assert [each.amount for each in found] == [Decimal(100 + count) * 90 / 100 for count in range(30)]


@examples(max_examples=15)
@given(
    rules=st.lists(
        st.tuples(
            st.sampled_from(["product", "category", "all"]), st.sampled_from([0, 5, 10]), st.integers(0, 100),
            st.integers(1, 3),
        ),
        max_size=6, unique_by=lambda rule: rule[:2] + rule[3:],
    ),
    quantity=st.integers(1, 12),
)  # fmt: skip
def test_the_price_is_the_one_somebody_finds_by_hand(make_company, rules, quantity):
    with make_company().person("TENANT_MANAGER").acting():
        shelf = create("product_category", {"name": "Shelf"})
        lamp = product("LAMP", "1000", category=shelf.id)
        lists = {n: create("price_list", {"name": f"L{n}", "priority": n, "is_default": True}) for n in (1, 2, 3)}
        for kind, least, percent, n in rules:
            target = {"product": {"product": lamp}, "category": {"category": shelf}, "all": {}}[kind]
            line(lists[n], from_quantity=str(least), percent_off=str(percent), **target)
        nearest = ["product", "category", "all"]
        reached = sorted(
            (n, nearest.index(kind), -least, percent) for kind, least, percent, n in rules if least <= quantity
        )
        expected = Decimal(1000) * (100 - reached[0][3]) / 100 if reached else Decimal(1000)
        assert price_of(lamp.id, Decimal(quantity)).amount == expected


# -- history ---------------------------------------------------------------------------------------------


def changes():
    found = session().scalars(sa.select(PriceChange).order_by(PriceChange.id))
    return [(each.title, each.old_price, each.new_price, each.new_percent, each.created_by) for each in found]


def test_every_change_of_a_price_is_kept_with_who_made_it(shelf, boss, truth):
    mug = shelf["mug"]
    edit(mug.id, "product", {"unit_price": Decimal(350)}, version=mug.version)
    edit(mug.id, "product", {"note": "Blue"}, version=mug.version)
    rule = line(shelf["wholesale"], product=mug, price="280")
    edit(rule.id, "price_list_line", {"price": None, "percent_off": Decimal(25)}, version=rule.version)
    assert changes() == [
        ("Mug", 300, 350, None, boss.name), ("Mug", None, 280, None, boss.name), ("Mug", 280, None, 25, boss.name),
    ]  # fmt: skip
    assert truth("select has_table_privilege('millrace_app', 'price_change', 'update, delete') as may")[0].may is False


def test_history_is_a_list_and_stands_on_the_products_page(shelf, boss, sign_in):
    mug = shelf["mug"]
    edit(mug.id, "product", {"unit_price": Decimal(350)}, version=mug.version)
    line(shelf["wholesale"], product=mug, price="280", from_quantity="6")
    client = sign_in(boss)
    page = client.get(f"/product/{mug.id}").text
    assert "Wholesale: Mug, from 6" in page
    assert "Price history" in page
    assert client.get("/price_change/").text.count("Mug") >= 2
    assert client.get("/price_change/new").status_code in {403, 404}


# -- in the lines of documents ---------------------------------------------------------------------------


def test_a_picked_product_brings_its_customers_prices_along(shelf, boss, sign_in):
    shirt = shelf["shirt"]
    line(shelf["wholesale"], product=shirt, price="900")
    line(shelf["wholesale"], product=shirt, price="850.50", from_quantity="12")
    client = sign_in(boss)

    def offer(**around):
        query = {"q": "SHIRT", **{f"with-{name}": value for name, value in around.items()}}
        (found,) = client.get("/product/pick", query_string=query).json["results"]
        return found.get("steps")

    assert offer(party=shelf["shop"].id, currency="KES") == {"unit_price": [["0", "900"], ["12", "850.50"]]}
    assert offer(currency="KES") == {"unit_price": [["0", "1000"]]}
    assert offer(party="nobody", currency="pounds") == {"unit_price": [["0", "1000"]]}
    assert offer(party=shelf["shop"].id, currency="EUR") == {"unit_price": []}
    assert offer() is None


def test_a_price_below_cost_is_told_by_a_word_to_those_who_may_see_cost(shelf, boss, company, sign_in):
    mug = shelf["mug"]
    edit(mug.id, "product", {"cost": Decimal(290)}, version=mug.version)
    low, high = line(shelf["wholesale"], product=mug, price="280"), line(shelf["wholesale"], percent_off="1")
    client = sign_in(boss)
    assert "Below cost" in client.get(f"/price_list_line/{low.id}").text
    assert "Below cost" not in client.get(f"/price_list_line/{high.id}").text
    assert "Below cost" not in sign_in(company.person("Counter")).get(f"/price_list_line/{low.id}").text


def test_where_a_list_holds_is_said_on_a_page(shelf, boss, company, sign_in, post):
    client, url = sign_in(boss), f"/price_list/{shelf['wholesale'].id}"
    mombasa = company.place.branch_ids["Mombasa"]
    assert post(client, f"{url}/branch", {"branch": str(mombasa)}).status_code == 302
    assert "Mombasa" in client.get(url).text
    assert post(client, f"{url}/branch", {"branch": "999999"}).status_code == 422


def test_a_list_goes_to_excel_and_comes_back_with_its_new_prices(shelf, boss, sign_in, post, run_jobs):
    low = line(shelf["wholesale"], product=shelf["mug"], price="280")
    client = sign_in(boss)
    book = load_workbook(io.BytesIO(client.get("/price_list_line/export.xlsx").data))
    sheet = book.worksheets[0]
    ((row, column),) = [(cell.row, cell.column) for line in sheet.iter_rows() for cell in line if cell.value == 280]
    sheet.cell(row, column).value = 265.5
    out = io.BytesIO()
    book.save(out)
    brought = post(client, "/price_list_line/sheet", {"file": (io.BytesIO(out.getvalue()), "prices.xlsx")})
    assert "265.5" in client.get(brought.location).text
    assert post(client, brought.location, {}).status_code == 302
    run_jobs()
    with boss.acting():
        assert told(shelf["mug"], party_id=shelf["shop"].id) == (Decimal("265.50"), "Wholesale: Mug")
        assert session().get_one(type(low), low.id).version == 2


def test_prices_are_brought_in_from_a_file_by_names_and_codes(shelf, boss, sign_in, post, run_jobs):
    content = "Note,Price list,Product,From quantity,Price without tax\nW-1,Wholesale,Shirt,0,900\nW-2,Wholesale,Shirt,12,-5\nW-3,Wholesale,Shirt,0,1\n"
    client = sign_in(boss)
    file = (io.BytesIO(content.encode()), "prices.csv")
    asked = post(client, "/price_list_line/import", {"file": file})
    tried = post(client, asked.location, {**chosen(client.get(asked.location).text), "key": "note", "go": "1"})
    run_jobs()
    left_out = client.get(tried.location).text
    assert "At least 0." in left_out  # W-2
    assert "One of these values is not accepted." in left_out  # W-3 would hold beside W-1
    with boss.acting():
        assert told(shelf["shirt"], "24", party_id=shelf["shop"].id) == (Decimal(900), "Wholesale: Shirt")


def chosen(page: str) -> dict[str, str]:
    """What the form of an import suggests."""
    selects = re.findall(r'<select[^>]*name="([^"]+)".*?</select>', page, re.DOTALL)
    bodies = re.findall(r'<select[^>]*name="[^"]+"(.*?)</select>', page, re.DOTALL)
    picked = [re.search(r'value="([^"]*)" selected', body) for body in bodies]
    return {name: found[1] for name, found in zip(selects, picked, strict=True) if found}
