"""What the ledger does by itself: balances folded, vouchers that come again, fiscal years made ahead."""

from __future__ import annotations

import logging
from datetime import date, timedelta
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from erp import ErpError, _, acting, add, each_tenant, every, session, today, transaction
from plugins.accounting.balances import BATCH, fold
from plugins.accounting.models import JournalEntry
from plugins.accounting.posting import keeps_books, own_company
from plugins.accounting.reversing import reverse
from plugins.accounting.vouchers import JournalVoucher, JournalVoucherLine, RecurringEntry
from plugins.accounting.years import later, make_year, next_start

AHEAD = timedelta(days=60)
"""How long before a fiscal year ends the next one is made: nobody stands before a till that cannot post."""
log = logging.getLogger(__name__)


@every(timedelta(minutes=1))
def fold_balances() -> None:
    """Add to the balances what was posted since."""
    for _tenant in each_tenant():
        while fold() == BATCH:
            pass


@every(timedelta(hours=6))
def keep_going() -> None:
    """Make the next fiscal year in time, the vouchers that are due, and the mirrors of those to be taken back."""
    for _tenant in each_tenant():
        if not keeps_books():
            continue
        own = own_company()
        with acting(company_id=own.id, language=own.language):
            make_next_year(today())
            make_due_vouchers(today())
            take_back_due(today())


def make_next_year(day: date) -> None:
    """The fiscal year after the last, where that is about to end."""
    begins = next_start()
    if begins is not None and begins - AHEAD <= day:
        make_year(begins)


def make_due_vouchers(day: date) -> int:
    """A voucher for each recurring entry and date that has come; how many. One that fails leaves the others be."""
    goes_on = sa.or_(RecurringEntry.until.is_(None), RecurringEntry.next_on <= RecurringEntry.until)
    due = sa.select(RecurringEntry.id).where(RecurringEntry.next_on <= day, goes_on).order_by(RecurringEntry.id)
    made = 0
    for key in session().scalars(due).all():
        try:
            with transaction():
                made += _made(session().get_one(RecurringEntry, key, with_for_update=True), day)
        except ErpError:
            log.warning("A recurring entry could not be made", exc_info=True)
    return made


def _made(entry: RecurringEntry, day: date) -> int:
    count = 0
    while entry.next_on <= day and (entry.until is None or entry.next_on <= entry.until):
        on, after = entry.next_on, entry.reverse_after
        lines = [
            JournalVoucherLine(position=place, account_id=line.account_id, text=line.text, party_id=line.party_id,
                               debit=line.debit, credit=line.credit)
            for place, line in enumerate(entry.lines)
        ]  # fmt: skip
        add(JournalVoucher(
            journal_id=entry.journal_id, voucher_date=on, text=entry.name, lines=lines, total=Decimal(0),
            is_automatic=entry.is_automatic, reverse_on=on + timedelta(days=after) if after else None,
        ))  # fmt: skip
        entry.next_on = later(on, int(entry.every))
        count += 1
    return count


def take_back_due(day: date) -> int:
    """The mirrors of posted vouchers that were to be taken back by now, dated today; how many."""
    mirror = aliased(JournalEntry)
    taken = sa.exists().where(mirror.reverses_id == JournalVoucher.entry_id)
    due = sa.select(JournalVoucher.entry_id).where(
        JournalVoucher.reverse_on <= day, JournalVoucher.entry_id.is_not(None), ~taken
    )
    found = [key for key in session().scalars(due) if key is not None]
    for key in found:
        reverse(key, reason=_("As its voucher says."))
    return len(found)
