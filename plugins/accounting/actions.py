from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from erp import Invalid, _, action, session
from plugins.accounting import locks
from plugins.accounting.foreign import in_books
from plugins.accounting.posting import Drafted, Posting, write
from plugins.accounting.rules import Books, read_books
from plugins.accounting.vouchers import JournalVoucher
from plugins.currencies.api import RateMissing

EVENT = "voucher_posted"
ZERO = Decimal(0)


@action
def post_journal_voucher(voucher: JournalVoucher) -> None:
    """Post the voucher as an entry; refuses sides that differ, a day that is locked, a currency without a rate."""
    voucher.check_balanced()
    books = read_books()
    if not books.journals:
        raise Invalid(fields={"lines": _("No books are kept yet: choose a chart under Accounts.")})
    journal_id = voucher.journal_id or books.general()
    kind = books.journals[journal_id]
    locks.refuse_locked(kind, voucher.voucher_date, "voucher_date")
    posting = Posting(EVENT, voucher.voucher_date, "journal_voucher", voucher.id, (), text=voucher.text,
                      branch_id=voucher.branch_id)  # fmt: skip
    kinds = {kind} & set(locks.KINDS)
    (voucher.entry_id,) = write([Drafted(posting, journal_id, kinds, _lines(voucher, books))], books)
    session().flush()


def _lines(voucher: JournalVoucher, books: Books) -> list[dict[str, Any]]:
    """The voucher's lines as the ledger keeps them, in the company's currency."""
    rows = []
    for place, line in enumerate(voucher.lines):
        typed = (line.debit or ZERO) - (line.credit or ZERO)
        if not typed:
            continue
        account = books.accounts[line.account_id]
        if account.is_closed:
            raise Invalid(fields={f"lines-{place}-account": _("Nothing more is posted to this account.")})
        rows.append({
            "account_id": line.account_id, "party_id": line.party_id, "branch_id": voucher.branch_id,
            "due_on": line.due_on if account.is_allocated else None, "tax_id": None, "tax_base": None,
            "text": line.text or voucher.text, "amount": typed, "currency": "", "currency_amount": None,
        })  # fmt: skip
    if voucher.in_currency and voucher.in_currency != voucher.currency:
        _convert(rows, voucher)
    return rows


def _convert(rows: Sequence[dict[str, Any]], voucher: JournalVoucher) -> None:
    """Amounts typed in a foreign currency, by the rate of the date; the largest line takes what rounding left."""
    assert voucher.in_currency is not None
    try:
        for row in rows:
            row["currency"], row["currency_amount"] = voucher.in_currency, row["amount"]
            row["amount"] = in_books(row["amount"], voucher.in_currency, voucher.voucher_date)
    except RateMissing as missing:
        raise Invalid(fields={"in_currency": missing.message}) from missing
    largest = max(rows, key=lambda row: abs(row["amount"]))
    largest["amount"] -= sum((row["amount"] for row in rows), ZERO)
