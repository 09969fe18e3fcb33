"""What a drawer held too much or too little: it is posted at once, and explained or put right afterwards."""

from __future__ import annotations

from decimal import Decimal

from erp import Invalid, _, begin_later, current, next_of, session, today
from plugins.accounting.api import Part, Posting, post
from plugins.pos.models import CashDifference, CashSession

COUNTED = "till_counted"
ZERO = Decimal(0)


def note(mine: CashSession, difference: Decimal) -> CashDifference:
    """Keep that a closed session differs; its process begins after the commit, so that a close waits for nothing."""
    made = CashDifference(
        session=mine, cashier=mine.cashier, difference_amount=difference, off_amount=abs(difference),
        company_id=mine.company_id, branch_id=mine.branch_id, currency=mine.currency,
        number=f"{CashDifference.prefix}-{next_of(f'{current().company_id}/{CashDifference.prefix}'):05d}",
    )  # fmt: skip
    session().add(made)
    session().flush()
    begin_later(CashDifference.__tablename__, made.id)
    return made


def correct(difference: CashDifference) -> None:
    """Post back what of a difference was found; raises Invalid where it is nothing, or more than differed."""
    found = Decimal(difference.found_amount or 0)
    if not ZERO < found <= difference.off_amount:
        raise Invalid(fields={"found_amount": _("Say how much was found: not more than the difference.")})
    missing = -found if difference.difference_amount < 0 else found
    post(Posting(
        COUNTED, today(), CashDifference.__tablename__, difference.id, [Part("missing", missing)],
        text=f"{difference.number} {difference.explanation or ''}"[:300], branch_id=difference.branch_id,
    ))  # fmt: skip
