"""What has to be in order with banks before a month is closed: every line of a statement is matched."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import sqlalchemy as sa

from erp import _, i18n, session
from plugins.accounting.api import ClosingCheck
from plugins.banking.matching import open_statement_lines
from plugins.banking.models import BankAccount, BankStatementLine


def own_checks(first: date, last: date) -> Sequence[ClosingCheck]:
    """A finding for each account that has statements."""
    accounts = session().scalars(sa.select(BankAccount).order_by(BankAccount.name, BankAccount.id))
    return [found for account in accounts if (found := _matched(account, first, last)) is not None]


def _matched(account: BankAccount, first: date, last: date) -> ClosingCheck | None:
    """Whether all lines until a day are matched; None where no statement was ever brought in, or of none so early."""
    line = BankStatementLine
    if account.matched_from is not None and account.matched_from > last:
        return None
    until = sa.select(sa.func.max(line.booked_on)).where(line.bank_account_id == account.id, line.key.is_not(None))
    newest = session().scalar(until)
    if newest is None:
        return None
    waiting = sum(each.on <= last for each in open_statement_lines(account))
    within = sa.select(sa.func.count(line.id)).where(
        line.bank_account_id == account.id, line.key.is_not(None), line.booked_on.between(first, last)
    )
    count = session().scalar(within) or 0
    said = i18n.ngettext(
        "The one line of its statements is matched.", "All %(num)s lines of its statements are matched.", count
    )
    if waiting:
        said = i18n.ngettext(
            "One line of its statements is not matched.", "%(num)s lines of its statements are not matched.", waiting
        )
    elif not count:
        said = _("No statement of these days was brought in.")
    url = f"/bank_account/{account.id}/match"
    return ClosingCheck("bank", account.name, said, bool(count) and not waiting, url)
