from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from erp import acting, complete, each_tenant, every, session, tasks
from plugins.expenses.models import POSTED, ExpenseClaim
from plugins.expenses.posting import owed

SETTLED = "settled"


@every(timedelta(hours=1))
def look_for_settled_claims() -> None:
    """Let claims go on that were paid back in another way, such as by a payment run."""
    for _tenant in each_tenant():
        ids = list(session().scalars(sa.select(ExpenseClaim.id).where(ExpenseClaim.state == POSTED)))
        for task in tasks.open_of("expense_claim", ids):
            if owed(session().get_one(ExpenseClaim, task.document_id)) <= 0:
                with acting(source="system"):
                    complete(task.id, {"way": SETTLED})
