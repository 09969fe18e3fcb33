"""The demo company's till: a week of sessions that hold what was paid."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest
import sqlalchemy as sa

from erp import session
from erp.run.demo import Stage
from plugins.pos import checks, demo
from plugins.pos.models import CashSession, ZReport
from plugins.sales import demo as counter

pytestmark = pytest.mark.usefixtures("books")


def test_a_week_at_the_till(manager):
    with manager.acting(source="demo") as acting:
        people = {name: replace(acting, name=name) for name in (demo.WHO, *(each.name for each in demo.PEOPLE))}
        counter.load(Stage(counter.TYPE, people, counter.ANSWERS), Random(4817))
        demo.load(Stage(demo.TYPE, people, demo.ANSWERS), Random(4817))
        assert session().scalar(sa.select(sa.func.count()).select_from(CashSession)) == demo.DAYS + 1
        assert session().scalar(sa.select(sa.func.count()).select_from(ZReport)) == demo.DAYS
        held = (checks.drawers_hold_what_was_paid, checks.closed_sessions_have_their_report, checks.each_sale_is_whole,
                checks.cash_is_in_the_books, checks.nobody_allowed_themselves)  # fmt: skip
        assert [line for check in held for line in check()] == []
