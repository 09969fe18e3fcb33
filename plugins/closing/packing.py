"""The auditor's pack: what a stranger needs to believe the books of some days."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from erp import Job, _, packs
from plugins.closing.signing import Close


def pack(document: Close) -> Job:
    """Leave the pack of a month or year to a worker; raises Forbidden for who sees some branches only."""
    title = _("Auditor's pack %(days)s", days=document.summary.replace("/", "-"))
    return packs.put(document.__tablename__, title, contents(*document.span), document.span)


def contents(first: date, last: date) -> Sequence[tuple[str, Mapping[str, str]]]:
    """(report, what it is asked for) in the order an auditor reads."""
    period, day = {"period": f"{first}..{last}"}, {"day": last.isoformat()}
    return [
        ("trial_balance", period), ("general_ledger", period), ("journal_listing", period), ("balance_sheet", day),
        ("profit_and_loss", period), ("cash_flow", period), ("aged_receivables", day), ("aged_payables", day),
        ("stock_valuation", day), ("tax_return", period), ("closing_signatures", period), ("ledger_audit", period),
    ]  # fmt: skip
