from __future__ import annotations

from collections.abc import Sequence

from erp import Document, Job, _, _l, i18n, outbox, telling
from plugins.accounting.api import Amount, Event, postable
from plugins.parties.models import Party
from plugins.payments.api import due_of, money_moved, payer_of
from plugins.payments.models import Payment, PaymentEntry
from plugins.repairs import booking, charging, parts, quotes
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
    """What was paid for an order that is stopped goes back to its customer, its parts to their shelf."""
    if isinstance(document, RepairOrder):
        charging.give_all_back(document)
        parts.drop(document)
        booking.take_back(document, reason)


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


@telling.worked_out.answer
def missing_parts(document: Document) -> list[telling.Told]:
    """Which parts are not there, while the item is not repaired: what is there of them and when more is expected."""
    if not isinstance(document, RepairOrder) or document.outcome:
        return []
    return [(_("Missing: %(part)s", part=each.name), _told(each), "text") for each in parts.missing(document)]


def _told(part: parts.Missing) -> str:
    numbers = {"there": i18n.format_number(part.there), "wanted": i18n.format_number(part.wanted)}
    if part.due_on is None:
        return _("%(there)s of %(wanted)s are here, none expected", **numbers)
    day = i18n.format_date(part.due_on)
    coming = i18n.format_number(part.coming)
    return _("%(there)s of %(wanted)s are here, %(coming)s expected on %(day)s", day=day, coming=coming, **numbers)


@postable.answer
def events() -> Sequence[Event]:
    """What a repair charges, and what its covered parts cost."""
    cost = (Amount("cost", _l("cost")),)
    return [
        Event("repair_charged", _l("a repair is charged"), (Amount("net", _l("net amount")), Amount("tax", _l("tax")))),
        Event(parts.COVERED, _l("parts are used under warranty"), cost),
        Event(parts.COVERED_BACK, _l("parts of a covered repair come back"), cost),
    ]
