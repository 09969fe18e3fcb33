from __future__ import annotations

from erp import action
from plugins.banking import paying
from plugins.banking.runs import PaymentRun


@action
def propose_payments(run: PaymentRun) -> None:
    """Take up what is due and no other run pays; refuses a run for which nothing is due."""
    paying.propose(run)


@action
def check_payments(run: PaymentRun) -> None:
    """Refuse bank details that are unknown or were changed, and more than is still open."""
    paying.look_again(run)


@action
def release_payments(run: PaymentRun) -> None:
    """Look at everything once more, then let the file go to the bank."""
    paying.release(run)


@action
def post_payments(run: PaymentRun) -> None:
    """Post each transfer once and settle the bills it pays."""
    paying.post_payments(run)


@action
def drop_payments(run: PaymentRun, comment: str = "") -> None:
    """Let others pay what it would have paid, and keep what was said to it."""
    if comment:
        run.decision_note = comment[:400]
    paying.drop(run)
