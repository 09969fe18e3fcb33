"""What a till loads when it opens: asked for once, and anew as soon as anything of it is another."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import pytest

from erp import archiving, create, document_type, edit, session, today
from erp.operations import attach
from erp.testing.pytest_plugin import Company, Person
from plugins.pos import catalogue
from plugins.products.models import Unit
from plugins.stock.api import Movement, home, place, post
from tests.painted import png
from tests.pos.conftest import Till, make_till

pytestmark = pytest.mark.usefixtures("books")


def change(type_name: str, row_id: int, **values: Any) -> None:
    """Edit it as it is now."""
    version = session().get_one(document_type(type_name).cls, row_id).version
    edit(row_id, type_name, values, version=version)


def rows_of(found: Any) -> dict[int, dict[str, Any]]:
    return {row[0]: dict(zip(found["columns"], row, strict=True)) for row in found["products"]}


@pytest.fixture
def asked(till: Till) -> Callable[[], Any]:
    """Asks as a browser does that keeps what it got: the catalogue, None where it is the one that is kept."""
    kept = {"If-None-Match": '"none"'}

    def ask() -> Any:
        answer = till.client.get("/till/catalogue", headers=kept)
        if answer.status_code == 304:
            assert answer.data == b""
            return None
        kept["If-None-Match"] = answer.headers["ETag"]
        return answer.json

    return ask


def test_a_catalogue_is_asked_for_once(asked, shelf):
    lamp = shelf("Lamp", "100")
    found = asked()
    assert (rows_of(found)[lamp]["price"], found["levels"]) == ("100", {str(lamp): "10"})
    assert asked() is None


def test_whatever_changes_it_is_told_at_once(asked, till, shelf, manager):
    lamp, bulb = shelf("Lamp", "100"), shelf("Bulb", "20", 0)
    asked()

    @contextmanager
    def altered(what: str) -> Iterator[None]:
        """What the manager does meanwhile makes another catalogue, and only once."""
        with manager.acting():
            yield
        assert asked() is not None, what
        assert asked() is None, what

    with altered("a price"):
        change("product", lamp, unit_price=Decimal(90))
    with altered("a name"):
        change("product", lamp, name="Lamp, black")
    with altered("a barcode"):
        change("product", lamp, barcodes=[{"code": "4006381333931"}])
    with altered("a category"):
        lamps = create("product_category", {"name": "Lamps"}).id
    with altered("its category"):
        change("product", lamp, category=lamps)
    with altered("the name of a category"):
        change("product_category", lamps, name="Lights")
    with altered("a tax category"):
        reduced = create("tax_category", {"name": "Books", "code": "BOOKS"}).id
        change("product", lamp, **{"product_tax.tax_category": reduced})
    with altered("lots"):
        change("product", bulb, **{"product_stock.tracking": "lot"})
    with altered("a unit"):
        change("unit", session().query(Unit.id).filter_by(code="piece").scalar(), name="pc")
    with altered("a picture"):
        attach("product", lamp, [("lamp.png", png())])
    with altered("goods"):
        post([Movement(lamp, place("supplier").id, home().id, Decimal(5), value=Decimal(5))], on=today())
    with altered("a product"):
        create("product", {"name": "Battery", "unit_price": Decimal(5)})
    with altered("a product that is put away"):
        archiving.put_away("product", bulb)
    assert bulb not in rows_of(till.get("catalogue").json)
    with altered("a product that is back"):
        archiving.take_back("product", bulb)


def test_so_does_every_list_that_asks_another_price(asked, till, shelf, manager):
    lamp, bulb = shelf("Lamp", "100"), shelf("Bulb", "20")
    asked()

    def costs(**prices: str) -> None:
        found = asked()
        rows = rows_of(found)
        assert {"lamp": rows[lamp]["price"], "bulb": rows[bulb]["price"]} == prices
        assert asked() is None

    with manager.acting():
        wholesale = create("price_list", {"name": "Wholesale"}).id
        line = create("price_list_line", {"price_list": wholesale, "product": lamp, "price": Decimal(80)}).id
    costs(lamp="100", bulb="20")
    with manager.acting():
        change("terminal", till.terminal_id, price_list=wholesale)
    costs(lamp="80", bulb="20")
    with manager.acting():
        change("price_list_line", line, price=Decimal(75))
        create("price_list_line", {"price_list": wholesale, "percent_off": Decimal(10)})
    costs(lamp="75", bulb="18")
    with manager.acting():
        archiving.put_away("price_list_line", line)
    costs(lamp="90", bulb="18")
    with manager.acting():
        many = {"price_list": wholesale, "product": bulb, "price": Decimal(15), "from_quantity": Decimal(10)}
        create("price_list_line", many)
    found = till.get("catalogue").json
    assert found["quantities"] == {str(bulb): [["0", "18"], ["10", "15"]]}
    with manager.acting():
        euros = {"name": "Euros", "currency": "EUR"}
        create(
            "exchange_rate",
            {"base_currency": "EUR", "quote_currency": "KES", "valid_on": today(), "rate": Decimal(150)},
        )
        abroad = create("price_list", euros).id
        create("price_list_line", {"price_list": abroad, "product": lamp, "price": Decimal(2)})
        change("terminal", till.terminal_id, price_list=abroad)
    assert rows_of(till.get("catalogue").json)[lamp]["price"] == "300"


def test_tills_at_the_same_prices_share_what_is_packed(till, shelf, manager, cashier, sign_in, monkeypatch):
    lamp = shelf("Lamp", "100")
    second = make_till(manager, cashier, sign_in, "Till 2")
    made = []
    goods = catalogue._goods
    monkeypatch.setattr(catalogue, "_goods", lambda desk: made.append(desk) or goods(desk))
    till.open()
    levels = []
    for each in (till, second, till):
        levels.append(each.get("catalogue").json["levels"][str(lamp)])
        assert till.sell({"product_id": lamp}).status_code == 200
    assert (levels, len(made)) == (["10", "9", "8"], 1), "a sale changes what lies there, not what is sold"


def test_a_catalogue_is_packed_for_who_takes_it_so(till, shelf):
    shelf("Lamp", "100")
    plain = till.client.get("/till/catalogue")
    packed = till.client.get("/till/catalogue", headers={"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert json.loads(gzip.decompress(packed.data)) == plain.json
    assert packed.headers["ETag"] == plain.headers["ETag"]
    assert "Accept-Encoding" in packed.headers["Vary"]
    asked_by_another_site = {"Accept-Encoding": "gzip", "Sec-Fetch-Site": "cross-site"}
    assert "Content-Encoding" not in till.client.get("/till/catalogue", headers=asked_by_another_site).headers


def test_no_company_sees_anothers_goods(till, shelf, make_company: Callable[[str], Company], sign_in):
    lamp = shelf("Lamp", "100")
    till.get("catalogue")
    other = make_company("Another shop")
    boss: Person = other.person("TENANT_MANAGER")
    with boss.acting():
        bulb = create("product", {"name": "Bulb", "unit_price": Decimal(20)}).id
    theirs = make_till(boss, other.person("Cashier"), sign_in)
    assert list(rows_of(theirs.get("catalogue").json)) == [bulb]
    assert list(rows_of(till.get("catalogue").json)) == [lamp]
