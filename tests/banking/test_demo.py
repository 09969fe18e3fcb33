"""The demo company's bank: a run waits for its approval, whoever else is owed something."""

from __future__ import annotations

from random import Random

import sqlalchemy as sa

from erp import session
from erp.run.demo import Stage
from erp.testing.pytest_plugin import Company
from plugins.accounting import demo as books
from plugins.banking import demo
from plugins.banking.runs import PaymentRun
from plugins.expenses import demo as expenses


def test_whoever_is_owed_something_is_paid_by_the_run(company: Company):
    wanjiku, peter = company.person("Accountant", name=demo.WHO), company.person("TENANT_MANAGER", name=expenses.BOSS)
    with peter.acting() as boss, wanjiku.acting() as accountant:
        people = {demo.WHO: accountant, expenses.BOSS: boss}
        books.begin()
        for module in (expenses, demo):
            module.load(Stage(module.TYPE, people, module.ANSWERS), Random(4817))
        run = session().scalars(sa.select(PaymentRun)).one()
        assert {line.description for line in run.paid_lines} == {
            expenses.CLAIMS[0][0], *(name for name, *_facts in demo.SUPPLIERS),
        }  # fmt: skip
        assert run.state == "submitted"
