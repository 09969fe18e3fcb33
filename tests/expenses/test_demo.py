"""The demo company's claims wait where the guide says, and its box of petty cash adds up."""

from __future__ import annotations

from random import Random

import sqlalchemy as sa

from erp import session
from erp.run.demo import Stage
from erp.testing.pytest_plugin import Company
from plugins.accounting import demo as books
from plugins.expenses import checks, demo
from plugins.expenses.models import ExpenseClaim, PettyCashEntry


def test_one_claim_waits_for_its_manager_and_one_to_be_paid_back(company: Company):
    wanjiku, peter = company.person("Accountant", name=demo.WHO), company.person("TENANT_MANAGER", name=demo.BOSS)
    with peter.acting() as boss, wanjiku.acting() as accountant:
        books.begin()
        demo.load(Stage(demo.TYPE, {demo.WHO: accountant, demo.BOSS: boss}), Random(4817))
        assert session().scalars(sa.select(ExpenseClaim.state).order_by(ExpenseClaim.id)).all() == [
            "posted",
            "submitted",
        ]
        assert set(session().scalars(sa.select(PettyCashEntry.state))) == {"posted"}
        assert [*checks.claims_are_posted(), *checks.boxes_hold_what_they_may()] == []
