from __future__ import annotations

from decimal import Decimal

from erp import Invalid, _, action, files
from plugins.expenses import posting
from plugins.expenses.models import ExpenseClaim, PettyCashEntry


@action
def check_claim(claim: ExpenseClaim) -> None:
    """Refuse a claim without lines, with one that is no expense, or without a receipt and a word why."""
    if not claim.lines:
        raise Invalid(fields={"lines": _("Add at least one line.")})
    claim.check_accounts()
    if not claim.no_receipt and not files.of(claim.__tablename__, claim.id):
        raise Invalid(fields={"receipts": _("Add a picture of the receipt, or say why there is none.")})


@action
def note_claim_rejection(claim: ExpenseClaim, comment: str = "") -> None:
    """Keep what was said to it by whoever rejected it."""
    claim.decision_note = comment[:400]


@action
def post_claim(claim: ExpenseClaim) -> None:
    """Post what the company owes the colleague; refuses while the period is locked."""
    posting.post_claim(claim)


@action
def pay_claim_back(claim: ExpenseClaim, way: str) -> bool:
    """Post what the colleague is given (`cash`, `bank`, `mpesa`); whether nothing is owed any more."""
    if way != "settled":
        posting.pay_back(claim, way)
    return posting.owed(claim) <= 0


@action
def compare_petty_cash(entry: PettyCashEntry) -> Decimal:
    """By how much a count differs from the books, above zero either way; refuses what is spent on no expense."""
    entry.check_whole()
    return posting.compare(entry)


@action
def post_petty_cash(entry: PettyCashEntry) -> None:
    """Post what was spent, topped up or found to differ; refuses more than the box holds or may hold."""
    posting.post_petty_cash(entry)
