"""Units of what is ordered: emptied, they are the product's; what the shelf cannot count is refused before it is sent."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest
import sqlalchemy as sa

from erp import Invalid, create, edit, session, transaction
from plugins import purchasing
from plugins.products.api import unit
from plugins.products.models import Unit
from plugins.purchasing import checks
from plugins.purchasing.ordering import last_prices
from plugins.stock.api import incoming

MIGRATION = Path(purchasing.__file__).parent / "migrations" / "purchasing_0007_expected_in_own_unit.py"


@pytest.fixture
def dozen(firm):
    """Lamps are bought by the dozen."""
    with firm.people["Ruth"].acting():
        row = firm.look("product", firm.lamp)
        edit(firm.lamp, "product", {"purchase_uom": unit("dozen").id}, version=row.version)
        return unit("dozen").id


def test_an_emptied_unit_is_again_the_one_the_product_is_bought_in(firm, dozen):
    with firm.people["Ruth"].acting():
        piece = unit("piece").id
    for begun in (dozen, piece):
        order = firm.make(
            "Brian", "purchase_order", supplier=firm.supplier, lines=[firm.line(firm.lamp, 10, 5, uom=begun)]
        )
        with firm.people["Brian"].acting():
            row = firm.look("purchase_order", order)
            edit(order, "purchase_order", {"lines": [{"id": row.lines[0].id, "uom": None}]}, version=row.version)
            session().expire_all()
            assert firm.look("purchase_order", order).lines[0].uom_id == dozen
    added = firm.make("Brian", "purchase_order", supplier=firm.supplier, lines=[firm.line(firm.lamp, 10, 5, uom=None)])
    with firm.people["Brian"].acting():
        session().expire_all()
        assert firm.look("purchase_order", added).lines[0].uom_id == dozen


@pytest.mark.parametrize(
    ("code", "count", "at", "said"),
    [
        ("kilogram", 2, "lines-0-uom", "cannot be turned into"),
        ("piece", "1.5", "lines-0-quantity", "does not come out even"),
    ],
)
def test_what_the_shelf_cannot_count_is_refused_before_it_is_sent(firm, code, count, at, said):
    with firm.people["Ruth"].acting():
        of = unit(code).id
    with pytest.raises(Invalid) as refused:
        firm.order(firm.line(firm.lamp, count, 5, uom=of))
    assert said in refused.value.fields[at]


def test_goods_not_kept_in_stock_are_refused_before_they_are_sent(firm):
    with firm.people["Ruth"].acting():
        row = firm.look("product", firm.lamp)
        edit(firm.lamp, "product", {"product_stock.is_stocked": False}, version=row.version)
    with pytest.raises(Invalid) as refused:
        firm.order(firm.line(firm.lamp, 2, 5))
    assert refused.value.fields == {"lines-0-product": "Lamp is not kept in stock."}


def test_a_change_of_what_was_sent_is_refused_where_it_cannot_be_counted(firm):
    order = firm.sent(firm.line(firm.lamp, 2, 5))
    with firm.people["Brian"].acting():
        row = firm.look("purchase_order", order)
        with pytest.raises(Invalid) as refused:
            change = {"lines": [{"id": row.lines[0].id, "uom": unit("kilogram").id}]}
            edit(order, "purchase_order", change, version=row.version)
    assert list(refused.value.fields) == ["lines-0-uom"]


def test_a_line_that_cannot_be_counted_any_more_keeps_no_other_from_being_received(firm, dozen):
    order = firm.sent(firm.line(firm.lamp, 2, 5), firm.line(firm.chair, 3, 5))
    with firm.people["Ruth"].acting(), transaction():
        session().get_one(Unit, dozen).dimension = "other"
    firm.receive(order, 0, 1)
    with firm.people["Ruth"].acting():
        assert (incoming(firm.lamp), incoming(firm.chair)) == (0, 2)
        (told,) = checks.what_is_expected_is_to_come()
        assert "cannot be turned into" in told


def test_goods_not_kept_in_stock_any_more_keep_no_other_from_being_received_or_changed(firm):
    order = firm.sent(firm.line(firm.lamp, 2, 5), firm.line(firm.chair, 3, 5))
    with firm.people["Ruth"].acting():
        row = firm.look("product", firm.lamp)
        edit(firm.lamp, "product", {"product_stock.is_stocked": False}, version=row.version)
    firm.receive(order, 0, 1)
    with firm.people["Brian"].acting():
        row = firm.look("purchase_order", order)
        lines = [{"id": row.lines[0].id}, {"id": row.lines[1].id, "quantity": 2}]
        edit(order, "purchase_order", {"lines": lines}, version=row.version)
    firm.work()
    with firm.people["Ruth"].acting():
        assert (incoming(firm.lamp), incoming(firm.chair)) == (0, 1)


def test_a_price_that_cannot_be_compared_hides_no_older_one_that_can(firm, dozen):
    with firm.people["Ruth"].acting():
        box = create("unit", {"code": "crate", "name": "crate", "dimension": "other"}).id
    firm.sent(firm.line(firm.lamp, 2, 1200))
    firm.make("Brian", "purchase_order", supplier=firm.supplier, lines=[firm.line(firm.lamp, 2, 7, uom=box)])
    with firm.people["Brian"].acting():
        assert last_prices([firm.lamp], firm.supplier, as_bought=True) == {firm.lamp: 1200}


def test_what_was_expected_by_the_dozen_before_is_expected_by_the_piece(firm, dozen, database):
    order = firm.sent(firm.line(firm.lamp, 10, 1200), firm.line(firm.chair, 3, 5))
    firm.receive(order, 4, 0)
    convert = runpy.run_path(str(MIGRATION))["CONVERT"]
    owner = sa.create_engine(database, poolclass=sa.NullPool)
    for name, lamps in (("to_come", 6), ("counted", 72), ("counted", 72)):
        with owner.begin() as connection:
            connection.execute(sa.text(convert.format(name=name)))
        with firm.people["Ruth"].acting():
            assert (incoming(firm.lamp), incoming(firm.chair)) == (lamps, 3)
    with firm.people["Ruth"].acting():
        assert list(checks.what_is_expected_is_to_come()) == []
