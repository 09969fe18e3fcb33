from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from erp import Document, _, _l, telling
from plugins.accounting.api import Amount, ClosingCheck, Event, closing_checks, drafts, postable, sources_of
from plugins.expenses import posting
from plugins.expenses.models import POSTED, ExpenseClaim, PettyCashEntry


@postable.answer
def events_of_expenses() -> Sequence[Event]:
    """What happens to expenses and petty cash, as posting rules name it."""
    net, tax = Amount("net", _l("net amount")), Amount("tax", _l("tax"))
    return [
        Event(posting.CLAIMED, _l("an expense claim is approved"), (net, tax)),
        Event(posting.PAID, _l("a colleague is paid back"), (Amount("paid", _l("amount paid")),)),
        Event(posting.SPENT, _l("petty cash is spent"), (net, tax)),
        Event(posting.TOPPED, _l("petty cash is topped up"), (Amount("amount", _l("amount")),)),
        Event(posting.DIFFERS, _l("petty cash differs from the books"), (Amount("difference", _l("the difference")),)),
    ]


@sources_of.answer
def payment_of_claim(document: Document) -> Sequence[tuple[str, int]]:
    """What paid a claim back is shown below it."""
    return [(f"{document.__tablename__}_paid", document.id)] if isinstance(document, ExpenseClaim) else []


@telling.worked_out.answer
def still_owed(document: Document) -> list[telling.Told]:
    """What a colleague still gets of a claim that is posted; what lies in the box of petty cash."""
    if isinstance(document, ExpenseClaim) and document.passed(POSTED):
        return [(_("Still to pay back"), posting.owed(document), "money")]
    if isinstance(document, PettyCashEntry) and not document.passed(POSTED):
        return [(_("In the box, say the books"), posting.in_box(document.box), "money")]
    return []


@closing_checks.answer
def expenses_in_a_close(_first: date, last: date) -> Sequence[ClosingCheck]:
    """Claims and petty cash nobody has finished."""
    return [
        drafts(ExpenseClaim, _("Expense claims"), "draft", last),
        drafts(ExpenseClaim, _("Expense claims to be approved"), "submitted", last),
        drafts(PettyCashEntry, _("Petty cash"), "draft", last, PettyCashEntry.entry_on),
    ]
