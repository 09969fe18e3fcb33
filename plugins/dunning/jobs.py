from __future__ import annotations

import logging
from datetime import date, timedelta

import sqlalchemy as sa

from erp import Company, ErpError, acting, add, complete, each_tenant, every, session, tasks, today, transaction
from plugins.accounting.api import keeps_books
from plugins.dunning.models import DunningCase, under_way
from plugins.dunning.overdue import late_customers, overdue_lines
from plugins.parties.models import Party

TYPE = "dunning_case"
log = logging.getLogger(__name__)


@every(timedelta(hours=24))
def remind_late_customers() -> None:
    """Begin with customers who are late and nobody reminds yet."""
    for _tenant in each_tenant():
        own = session().scalar(sa.select(Company).order_by(Company.id).limit(1))
        if own is not None and keeps_books():
            with acting(company_id=own.id, language=own.language):
                begin(today())


@every(timedelta(hours=1))
def let_go_who_paid() -> None:
    """Let cases go on whose customer has paid."""
    for _tenant in each_tenant():
        for case in _open_cases():
            task = tasks.open_task(case, "follow_up")
            if task is not None and not overdue_lines(case.customer.id, today()):
                with acting(source="system"):
                    complete(task.id, {"outcome": "check"})


def _open_cases() -> list[DunningCase]:
    return list(
        session().scalars(sa.select(DunningCase).where(DunningCase.state == "reminded").order_by(DunningCase.id))
    )


def begin(on: date) -> int:
    """A case for each customer who is late and has none; how many. One that fails leaves the others be."""
    made = 0
    for party_id in late_customers(on):
        if under_way(party_id) is not None:
            continue
        try:
            with transaction():
                add(DunningCase(customer=session().get_one(Party, party_id)))
                made += 1
        except ErpError:
            log.warning("A late customer could not be reminded", exc_info=True)
    return made
