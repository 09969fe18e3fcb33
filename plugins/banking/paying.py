"""What the process of a payment run does: what is due is proposed, looked at again, released, posted once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from itertools import groupby

import sqlalchemy as sa

from erp import Invalid, _, clock, company, i18n, session
from plugins.accounting.api import OpenLine, Part, Posting, allocate_lines, in_books, open_lines, post
from plugins.accounting.models import JournalLine
from plugins.banking.bills import open_bills
from plugins.banking.entering import journal_of
from plugins.banking.runs import PartyBankAccount, PaymentRun, PaymentRunLine, newest
from plugins.parties.models import Party

EVENT, SOURCE = "payment_made", "payment_run"
TENDERS = {"mobile_money": "mpesa", "cash": "cash"}
"""{kind of bank account: how posting rules call paying by it}"""
ZERO = Decimal(0)
NEW = timedelta(days=30)
"""Bank details that are younger are pointed out."""


def propose(run: PaymentRun) -> None:
    """Take up what is due by then and no other run pays; raises Invalid at `due_until` where there is nothing."""
    session().execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtextextended(SOURCE, run.company_id))))
    run.lines.clear()
    session().flush()
    due = _due(run)
    if not due:
        said = _(
            "Nothing is due to suppliers until %(day)s that is not being paid.", day=i18n.format_date(run.due_until)
        )
        raise Invalid(said, fields={"due_until": said})
    details = newest([each.party_id for each in due if each.party_id is not None])
    run.is_under_way = True
    run.lines.extend(_line(run, each, details, place) for place, each in enumerate(due))
    run.recompute()
    session().flush()


def _due(run: PaymentRun) -> list[OpenLine]:
    """Open bills in the currency of the account, supplier by supplier."""
    found = [each for each in open_bills(run.bank_account.money) if (each.due_on or each.entry_date) <= run.due_until]
    return sorted(found, key=lambda each: (each.party_id or 0, each.due_on or each.entry_date, each.id))


def owed(line: OpenLine) -> Decimal:
    """What of a bill is open, in its currency."""
    return -(line.open if line.currency_open is None else line.currency_open)


def _line(
    run: PaymentRun, due: OpenLine, details: Mapping[int, PartyBankAccount], place: int
) -> PaymentRunLine:  # fmt: skip
    assert due.party_id is not None
    known = details.get(due.party_id)
    return PaymentRunLine(
        position=place, party=session().get_one(Party, due.party_id), text=f"{due.text} ({due.number})"[:300],
        due_on=due.due_on, open_amount=owed(due), amount=owed(due), item_id=due.id, is_excluded=False,
        paid_to=known.paid_to[:200] if known is not None else "", details_id=known.id if known is not None else None,
    )  # fmt: skip


def look_again(run: PaymentRun) -> None:
    """Raise Invalid at each payment that may not go out as it was proposed.

    Where nobody knows bank details, or they are others now; where less is open than is to be paid; where nothing is.
    """
    if not run.paid_lines:
        raise Invalid(fields={"lines": _("Every payment is left out. Discard the run instead.")})
    details = newest([line.party.id for line in run.lines])
    left = {each.id: owed(each) for each in open_lines(ids=[line.item_id or 0 for line in run.lines])}
    errors = dict(_refused(run, details, left))
    if errors:
        raise Invalid(next(iter(errors.values())), fields=errors)


def _refused(
    run: PaymentRun, details: Mapping[int, PartyBankAccount], left: Mapping[int, Decimal]
) -> Iterator[tuple[str, str]]:
    for place, line in enumerate(run.lines):
        if line.is_excluded:
            continue
        known, still = details.get(line.party.id), left.get(line.item_id or 0, ZERO)
        if run.bank_account.kind != "cash" and (said := _details_refused(line, known)):
            yield f"lines-{place}-is_excluded", said
        if still < line.amount:
            amount = i18n.format_money(still, run.currency)
            yield (
                f"lines-{place}-amount",
                _("%(who)s: only %(amount)s is still open.", who=line.party.name, amount=amount),
            )


def _details_refused(line: PaymentRunLine, known: PartyBankAccount | None) -> str:
    who = line.party.name
    if known is None and line.details_id is None:
        return _("No bank details of %(who)s are known. Add them, or leave the payment out.", who=who)
    if known is None:
        return _("Nothing more is paid to the account of %(who)s that was proposed. Leave it out.", who=who)
    if known.id != line.details_id:
        return _(
            "The bank details of %(who)s were changed on %(day)s by %(by)s. Make sure of them, then propose again.",
            who=who, day=i18n.format_datetime(known.created_at), by=known.created_by,
        )  # fmt: skip
    return ""


def release(run: PaymentRun) -> None:
    """Let its file go to the bank, once nothing speaks against it any more; raises as `look_again`."""
    look_again(run)
    run.released_at = clock.now()


def new_details(run: PaymentRun) -> Sequence[PartyBankAccount]:
    """Bank details it pays to that were written lately: whoever approves looks at them twice."""
    found = sa.select(PartyBankAccount).where(
        PartyBankAccount.id.in_([line.details_id for line in run.paid_lines]),
        PartyBankAccount.created_at > clock.now() - NEW,
    )  # fmt: skip
    return session().scalars(found.order_by(PartyBankAccount.id)).all()


def drop(run: PaymentRun) -> None:
    """Let others pay what it would have paid."""
    run.is_under_way = False
    for line in run.lines:
        line.holds_id = None


def transfers(run: PaymentRun) -> list[tuple[Party, Sequence[PaymentRunLine]]]:
    """What goes out: one transfer for each supplier, with the bills it pays."""
    ordered = sorted(run.paid_lines, key=lambda line: (line.party.name, line.party.id, line.position))
    return [(lines[0].party, lines) for _key, each in groupby(ordered, key=_supplier) if (lines := list(each))]


def _supplier(line: PaymentRunLine) -> int:
    return line.party.id


def reference(run: PaymentRun, party: Party) -> str:
    """What a transfer is called to the bank and back on its statement; at most 35 signs."""
    return f"{run.number}-{party.id}"[-35:]


def post_payments(run: PaymentRun) -> None:
    """Post each transfer once and settle the bills it pays; what was settled otherwise meanwhile stays open.

    Raises as `accounting.api.post`.
    """
    for party, lines in transfers(run):
        _post(run, party, lines)
    drop(run)


def _post(run: PaymentRun, party: Party, lines: Sequence[PaymentRunLine]) -> None:
    bills = {row.id: row for row in session().scalars(
        sa.select(JournalLine).where(JournalLine.id.in_([line.item_id for line in lines]))
    )}  # fmt: skip
    text = f"{party.name}, {reference(run, party)}"
    parts = [_part(run, bills[line.item_id or 0], line, text) for line in lines]
    entry_id = post(Posting(
        EVENT, run.pay_on, SOURCE, run.id, parts, text=text, source_key=str(party.id), branch_id=run.branch_id,
        journal_id=journal_of(run.bank_account),
    ))  # fmt: skip
    debits = session().scalars(sa.select(JournalLine).where(JournalLine.document_id == entry_id)).all()
    of_account = {row.account_id: row.id for row in debits if row.amount > 0}
    for line in lines:
        _settle(of_account[bills[line.item_id or 0].account_id], line)


def _part(run: PaymentRun, bill: JournalLine, line: PaymentRunLine, text: str) -> Part:
    is_foreign = run.currency != company().currency
    return Part(
        "paid", in_books(line.amount, run.currency, run.pay_on), party_id=line.party.id, branch_id=run.branch_id,
        tender=TENDERS.get(run.bank_account.kind, ""), debit_account_id=bill.account_id,
        credit_account_id=run.bank_account.account_id, currency=run.currency if is_foreign else "",
        currency_amount=line.amount if is_foreign else None, text=text,
    )  # fmt: skip


def _settle(debit_id: int, line: PaymentRunLine) -> None:
    left = {each.id: owed(each) for each in open_lines(ids=[line.item_id or 0])}
    amount = min(left.get(line.item_id or 0, ZERO), line.amount)
    if amount > 0:
        allocate_lines(debit_id, line.item_id or 0, amount)
