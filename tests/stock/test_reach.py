"""Who is limited to a branch meets the goods of another on no way: list, address, search, picker, page, report, REST."""

from __future__ import annotations

from decimal import Decimal

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from erp import Invalid, NotFound, complete, create, document_type, edit, session, tasks, transaction
from erp.documents.lists import ListQuery
from erp.operations import get
from erp.testing.pytest_plugin import PASSWORD
from plugins.products.models import Product
from plugins.stock.api import available, proposals
from plugins.stock.hooks import how_many_there_are
from plugins.stock.models import ProductStock, StockMove


def adjustment(product, location, count):
    lines = [{"product": product, "location": location, "quantity": Decimal(count)}]
    return create("stock_adjustment", {"reason": "damage", "lines": lines}).id


@pytest.fixture
def lamp(shop):
    """Ten lamps at Westlands, five at Mombasa."""
    lamp = shop.product("Lamp")
    shop.receive(lamp, 10, 1000)
    shop.receive(lamp, 5, 500, to=shop.there)
    return lamp


@pytest.fixture
def salim(shop):
    """Keeps the store at Mombasa, and sees nothing else."""
    return shop.company.person("Storekeeper", name="Salim Bakari", only_at="Mombasa")


def test_goods_of_another_branch_are_met_on_no_way(shop, lamp, salim, sign_in):
    theirs = {
        "location": shop.here,
        "stock_move": session().scalars(sa.select(StockMove.id).order_by(StockMove.id)).first(),
        "stock_count": create("stock_count", {"location": shop.here}).id,
        "stock_adjustment": adjustment(lamp, shop.here, -1),
        "reorder_rule": create(
            "reorder_rule", {"product": lamp, "location": shop.here, "maximum": 40, "minimum": 30}
        ).id,
    }
    own = {"reorder_rule": create("reorder_rule", {"location": shop.there, "maximum": 40, "minimum": 30}).id,
           "stock_count": create("stock_count", {"location": shop.there}).id,
           "stock_adjustment": adjustment(lamp, shop.there, -1)}  # fmt: skip
    with salim.acting():
        for name, row_id in theirs.items():
            assert row_id not in [row.id for row in ListQuery(document_type(name)).page().rows], name
            with pytest.raises(NotFound):
                get(name, row_id)
        for name, row_id in own.items():
            assert get(name, row_id).id == row_id
        assert [each.location_id for each in proposals()] == [shop.there]
        assert how_many_there_are("product", [lamp]) == {lamp: "5 available"}
        with pytest.raises(Invalid) as refused:
            adjustment(lamp, shop.here, -1)
        assert set(refused.value.fields) == {"lines-0-location"}
    browser = sign_in(salim)
    page = browser.get(f"/product/{lamp}").get_data(as_text=True)
    assert "Mombasa" in page
    for address in (f"/product/{lamp}", "/location/pick?q=West", "/reports/stock_on_hand"):
        assert "Westlands<" not in browser.get(address).get_data(as_text=True), address
    assert "Nothing found" in browser.get("/search?q=Westlands").get_data(as_text=True)
    for name, row_id in theirs.items():
        assert browser.get(f"/{name}/{row_id}").status_code == 404, name
    sent = {"username": salim.username, "password": PASSWORD, "tenant": salim.place.tenant_id}
    program = {"Authorization": f"Bearer {browser.post('/api/v1/security/login', json=sent).json['access_token']}"}
    for name, row_id in theirs.items():
        assert browser.get(f"/api/v1/{name}/{row_id}", headers=program).status_code == 404, name


def test_what_is_posted_does_not_ask_what_its_keeper_sees(shop, lamp, salim):
    with salim.acting():
        made = adjustment(lamp, shop.there, -2)
        complete(tasks.open_of("stock_adjustment", [made])[0].id, {"decision": "submit"})
    assert [available(lamp, location_id=each) for each in (shop.here, shop.there)] == [10, 3]


def test_how_a_product_is_followed_stays_while_some_of_it_is_there(shop, lamp):
    version = session().get_one(Product, lamp).version
    with pytest.raises(Invalid) as refused:
        edit(lamp, "product", {"product_stock.tracking": "serial"}, version=version)
    assert "by quantity" in refused.value.fields["product_stock.tracking"]
    with pytest.raises(IntegrityError, match="stays followed"), transaction():
        session().add(ProductStock(record_id=lamp, tracking="lot"))
    shop.issue(lamp, 10)
    shop.issue(lamp, 5, of=shop.there)
    edit(lamp, "product", {"product_stock.tracking": "serial"}, version=session().get_one(Product, lamp).version)


def test_a_branchs_page_tells_its_stock_and_what_it_sold(shop, lamp, sign_in):
    browser = sign_in(shop.company.person("TENANT_OWNER", "TENANT_MANAGER"))
    pages = [browser.get(f"/company/branch/{shop.company.place.branch_ids[name]}").get_data(as_text=True)
             for name in ("Westlands", "Mombasa")]  # fmt: skip
    for page, worth, place in zip(pages, ("KES 1,000.00", "KES 500.00"), (shop.here, shop.there), strict=True):
        for said in ("Products in stock", worth, f"/location/{place}", "Sold this month", "Manager"):
            assert said in page, said
