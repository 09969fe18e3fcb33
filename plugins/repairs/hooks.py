from __future__ import annotations

from erp import Document, Job, _, outbox, telling
from plugins.parties.models import Party
from plugins.payments.api import due_of, money_moved, payer_of
from plugins.payments.models import Payment, PaymentEntry
from plugins.repairs import charging, quotes
from plugins.repairs.jobs import MONEY
from plugins.repairs.models import RepairOrder

MOVES = frozenset({"authorised", "captured", "released", "failed"})
"""Entries after which a step that waits for money may go on."""


@payer_of.answer
def customer_of_order(document: Document) -> Party | None:
    """The customer, as soon as a price was agreed to."""
    is_agreed = isinstance(document, RepairOrder) and document.total > 0 and bool(document.approved_revision)
    return document.customer if is_agreed else None  # type: ignore[attr-defined]


@money_moved.answer
def go_on(payment: Payment, entry: PaymentEntry) -> None:
    """Have the order's process look again when money moved that somebody waits for."""
    if payment.subject_type == RepairOrder.__tablename__ and payment.provider and entry.kind in MOVES:
        order_id = payment.subject_id
        job = Job(kind=MONEY, key=f"repair:{order_id}:{entry.id}", request={"order": order_id},
                  subject=RepairOrder.__tablename__, subject_id=order_id)  # fmt: skip
        outbox.put(job)


@telling.stopped.answer
def give_back(document: Document, reason: str) -> None:
    """What was paid for an order that is stopped goes back to its customer."""
    if isinstance(document, RepairOrder):
        charging.give_all_back(document)


@telling.worked_out.answer
def money_of(document: Document) -> list[telling.Told]:
    """What was paid, what is held, and what is still to be paid or given back."""
    if not isinstance(document, RepairOrder):
        return []
    paid, held, due = charging.paid(document), charging.held(document), due_of(document)
    found: list[telling.Told] = []
    if due > 0 and (document.approved_revision or paid):
        found.append((_("Still to pay"), due, "money"))
    if due < 0:
        found.append((_("To give back"), -due, "money"))
    if wanted := charging.open_deposit(document):
        found.append((_("Deposit to take"), wanted, "money"))
    if held:
        found.append((_("Held on the card"), held, "money"))
    if paid:
        found.append((_("Paid"), paid, "money"))
    return found


@telling.changed_since.answer
def new_in_quote(document: Document) -> list[telling.Changed]:
    """What the newest quote has that the approved one had not."""
    return quotes.told(document) if isinstance(document, RepairOrder) else []


@telling.onward.answer
def to_deposit(document: Document) -> telling.Onward | None:
    """To the page on which the deposit is paid by card, while it is open."""
    if isinstance(document, RepairOrder) and document.deposit_page and charging.open_deposit(document) > 0:
        return _("Pay the deposit by card"), document.deposit_page
    return None
