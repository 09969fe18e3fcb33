"""What expenses and petty cash post: each once, in the step that decides them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from erp import Invalid, _, company, i18n, today
from plugins.accounting.api import Part, Posting, allocate, balance, open_lines, post, refuse_locked
from plugins.expenses.models import ZERO, ExpenseClaim, PettyCashEntry, PettyCashFloat, tax_in

CLAIMED, PAID = "expense_claimed", "expense_paid_back"
SPENT, TOPPED, DIFFERS = "petty_cash_spent", "petty_cash_topped_up", "petty_cash_differs"


def post_claim(claim: ExpenseClaim) -> None:
    """Owe the colleague what is approved, tax apart; raises Invalid where today is locked."""
    claim.posted_on = today()
    refuse_locked("purchases", claim.posted_on)
    parts = [part for line in claim.lines for part in _parts(
        line.amount, line.tax_amount, line.tax_id, debit=line.account_id, text=line.description,
        party_id=claim.employee.id, due_on=claim.posted_on,
    )]  # fmt: skip
    text = _text(claim.number, claim.purpose)
    post(Posting(CLAIMED, claim.posted_on, claim.__tablename__, claim.id, parts, text, branch_id=claim.branch_id))


def _parts(
    paid: Decimal, tax: Decimal, tax_id: int | None, *, debit: int | None, credit: int | None = None, text: str = "",
    party_id: int | None = None, due_on: date | None = None,
) -> Iterator[Part]:  # fmt: skip
    """The net on its account and the tax on the rule's."""
    net = paid - tax
    yield Part(
        "net", net, party_id=party_id, due_on=due_on, debit_account_id=debit, credit_account_id=credit, text=text
    )
    if tax_id is not None:
        yield Part("tax", tax, party_id=party_id, due_on=due_on, tax_id=tax_id, tax_base=net, credit_account_id=credit,
                   text=text)  # fmt: skip


def owed(claim: ExpenseClaim) -> Decimal:
    """What the colleague still gets; nothing where no books are kept and the claim is posted."""
    return -sum((line.open for line in open_lines(source=(claim.__tablename__, claim.id))), ZERO)


def pay_back(claim: ExpenseClaim, tender: str) -> None:
    """Post what a colleague is given now and settle the claim with it; nothing where it was settled otherwise."""
    left = owed(claim)
    if left <= 0:
        return
    part = Part("paid", left, party_id=claim.employee.id, tender=tender)
    post(Posting(PAID, today(), f"{claim.__tablename__}_paid", claim.id, [part],
                 text=_text(claim.number, claim.purpose), branch_id=claim.branch_id))  # fmt: skip
    allocate((f"{claim.__tablename__}_paid", claim.id), (claim.__tablename__, claim.id))


def in_box(box: PettyCashFloat, until: date | None = None) -> Decimal:
    """What the books say lies in a box."""
    return balance(box.account_id, until)


def post_petty_cash(entry: PettyCashEntry) -> None:
    """Post what was spent or put in; raises Invalid at `amount` for more than the box holds or should hold."""
    held, box, on = in_box(entry.box), entry.box, entry.entry_on
    currency = company().currency
    refuse_locked("cash", on, "entry_on")
    if entry.kind == "spend":
        if entry.amount > held:
            said = _("Only %(amount)s lies in this box.", amount=i18n.format_money(held, currency))
            raise Invalid(fields={"amount": said})
        tax = tax_in(entry.amount, entry.tax, currency)
        parts = list(_parts(entry.amount, tax, entry.tax_id, debit=entry.account_id, credit=box.account_id))
        _post(entry, SPENT, parts)
    elif entry.kind == "top_up":
        if held + entry.amount > box.limit:
            most = i18n.format_money(box.limit - held, currency)
            raise Invalid(fields={"amount": _("At most %(amount)s fills this box.", amount=most)})
        _post(entry, TOPPED, [Part("amount", entry.amount, debit_account_id=box.account_id)])
    else:
        _post(entry, DIFFERS, [Part("difference", entry.difference, debit_account_id=box.account_id)])


def compare(entry: PettyCashEntry) -> Decimal:
    """By how much a count differs from the books; nothing for other entries."""
    entry.difference = entry.amount - in_box(entry.box, entry.entry_on) if entry.kind == "count" else ZERO
    return abs(entry.difference)


def _post(entry: PettyCashEntry, event: str, parts: list[Part]) -> None:
    text = _text(entry.number, entry.text)
    post(Posting(event, entry.entry_on, entry.__tablename__, entry.id, parts, text=text, branch_id=entry.branch_id))


def _text(number: str | None, about: str) -> str:
    return _("%(number)s %(about)s", number=number or "", about=about)
