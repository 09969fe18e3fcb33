from __future__ import annotations

from erp import Claim, acting, job_in_parts
from plugins.sales.history import runs, trials


@job_in_parts(runs.KIND)
def bring_history(claim: Claim) -> None:
    """Bring a shop's history in; nobody is told of any document, and nothing is set going."""
    with acting(source="import"):
        runs.work(claim)


@job_in_parts(runs.TRIAL)
def try_history(claim: Claim) -> None:
    """Say what a shop's history would become; nothing of it is written."""
    with acting(source="import"):
        trials.work(claim)
