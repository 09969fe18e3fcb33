"""The demo company's counter: every sale adds up, some came back, stock is what is left."""

from __future__ import annotations

from random import Random

import sqlalchemy as sa

from erp import session
from erp.run.demo import Stage
from plugins.sales import checks, demo
from plugins.sales.models import Sale, SaleRefund


def test_five_weeks_at_the_counter(manager):
    with manager.acting(source="demo") as acting:
        demo.load(Stage(demo.TYPE, {demo.WHO: acting}, demo.ANSWERS), Random(4817))
        count = sa.select(sa.func.count())
        assert session().scalar(count.select_from(Sale)) == demo.SALES
        assert session().scalar(count.select_from(SaleRefund)) > 0
        held = (checks.lines_add_up, checks.no_more_came_back_than_was_sold, checks.goods_moved_at_their_cost)
        assert [line for check in held for line in check()] == []
