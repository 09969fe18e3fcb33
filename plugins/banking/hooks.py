from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from erp import Document, _, _l, i18n, telling
from plugins.accounting.api import Amount, ClosingCheck, Event, closing_checks, postable
from plugins.banking import closing, paying
from plugins.banking.runs import PaymentRun


@postable.answer
def events_of_banking() -> Sequence[Event]:
    """What banks say, as posting rules name it."""
    moved, paid = (Amount("moved", _l("the amount")),), (Amount("paid", _l("what is paid")),)
    return [
        Event("bank_entry", _l("a statement says what nobody had posted"), moved),
        Event("payment_made", _l("a supplier is paid"), paid),
    ]


@telling.worked_out.answer
def details_to_look_at(document: Document) -> list[telling.Told]:
    """Whose bank details were written lately, and by whom, on the run's page and above its tasks."""
    found = paying.new_details(document) if isinstance(document, PaymentRun) and document.is_under_way else ()
    return [
        (_("New bank details"), _("%(who)s: %(number)s, by %(by)s on %(day)s", who=row.party.name, number=row.number,
                                  by=row.created_by, day=i18n.format_date(row.created_at)), "text")
        for row in found
    ]  # fmt: skip


@telling.stopped.answer
def free_bills(document: Document, reason: str) -> None:
    """What a stopped run would have paid may be paid by another one."""
    if isinstance(document, PaymentRun):
        paying.drop(document)


@closing_checks.answer
def statements_in_a_close(first: date, last: date) -> Sequence[ClosingCheck]:
    """Whether every line of a statement is matched."""
    return closing.own_checks(first, last)
