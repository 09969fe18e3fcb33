from __future__ import annotations

from erp import Claim, acting, job_in_parts
from plugins.sales.history import runs


@job_in_parts(runs.KIND)
def bring_history(claim: Claim) -> None:
    """Bring a shop's history in; nobody is told of any document, and nothing is set going."""
    with acting(source="import"):
        runs.work(claim)
