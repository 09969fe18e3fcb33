from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from erp import (
    Call,
    Conflict,
    _,
    action,
    clock,
    current,
    files,
    i18n,
    print_document,
    today,
)
from plugins.payments.api import due_of
from plugins.repairs import booking, charging, handing_over, parts, quotes, settling, warranty
from plugins.repairs.letters import (
    OrderLetter,
    collect_letter,
    issue_link,
    link_path,
    quotation_letter,
    ready_letter,
    reminder_letter,
)
from plugins.repairs.models import ZERO, RepairOrder, rules
from plugins.repairs.papers import QUOTATION, language_of, quotation

QUOTE_DAYS = 14

# -- inspection and quote --------------------------------------------------------------------------------


@action
def apply_warranty(order: RepairOrder, coverage: str, why: str) -> None:
    """Cover parts and labour as the table says, or as the technician decided otherwise and why."""
    warranty.apply(order, coverage, why)


@action
def note_decision(order: RepairOrder, decision: str) -> None:
    """Note which revision was approved or declined, and by whom."""
    if decision == "accept":
        order.decline_reason = None
        quotes.approve(order)
    else:
        quotes.decline(order)


@action
def expire_quote(order: RepairOrder) -> None:
    """Note that the customer did not answer in time."""
    quotes.decline(order, "expired")
    order.decline_reason = "other"
    order.decline_note = _("No answer until %(day)s.", day=i18n.format_date(order.quote_valid_until))


@action
def restore_approved(order: RepairOrder) -> None:
    """Bring the lines back to the revision that was approved before."""
    quotes.restore(order)


@action
def charge_inspection(order: RepairOrder) -> None:
    """The item goes back unrepaired: charge the inspection fee of the quote and nothing else."""
    order.outcome = "returned"
    charging.charge_only(order, order.inspection_fee, _("Inspection"))
    parts.drop(order)


@action
def settle_outcome(
    order: RepairOrder,
    outcome: str,
    payment: str = "",
    amount: Decimal = ZERO,
    reference: str = "",
) -> None:
    """An item that cannot be repaired is returned, replaced, or its purchase is refunded."""
    settling.settle(order, outcome, payment or "", amount, reference or "")
    parts.drop(order)


# -- deposit ---------------------------------------------------------------------------------------------


@action
def request_deposit(order: RepairOrder) -> bool:
    """Whether a deposit is to be taken; where cards are charged, open the page on which the customer pays it."""
    charging.request_deposit(order, link_path(order))
    return charging.open_deposit(order) > 0


@action
def post_deposit(
    order: RepairOrder, outcome: str, tendered: Decimal, method: str, reference: str, note: str
) -> str:  # fmt: skip
    """Take the deposit, look for it, or go on without: `receipt` when it was taken here, `there`, or `open`."""
    if outcome == "waive":
        charging.waive_deposit(order, note)
        return "there"
    if charging.open_deposit(order) <= 0:
        return "there"
    if outcome == "check":
        charging.look_at_cards(order)
        return "open"
    charging.print_receipt(order, [charging.take_deposit(order, tendered, method, reference)])
    return "receipt"


# -- parts -----------------------------------------------------------------------------------------------


@action
def reserve_parts(order: RepairOrder) -> None:
    """Reserve the parts of what was approved, as far as they are there; what is missing is told at the next task."""
    parts.hold(order)


@action
def use_parts(order: RepairOrder) -> None:
    """Take the parts of the work from the branch's shelf, and bring back what was taken and not used."""
    parts.use(order)


# -- repair ----------------------------------------------------------------------------------------------


@action
def note_work(order: RepairOrder, outcome: str) -> None:
    """Note who did the work; refuses parts and labour nobody approved."""
    settling.note_work(order, outcome)


@action
def note_check(order: RepairOrder, quality: str) -> None:
    """Count a rework; refuses whoever repaired it where somebody else must check, and an unexplained weight."""
    if rules().needs_second_person and order.repaired_by_id is not None and order.repaired_by_id == current().member_id:
        raise Conflict(_("You repaired it yourself: somebody else checks the quality here."))
    if quality == "rework":
        order.rework_count += 1
    else:
        handing_over.check_weight(order)


@action
def count_rework(order: RepairOrder) -> None:
    """Count that the quality check sent the item back to repair."""
    order.rework_count += 1


@action
def note_ready(order: RepairOrder) -> None:
    """The item can be collected: since when, and after how many days."""
    order.outcome, order.ready_at = "repaired", clock.now()
    order.turnaround_days = (order.ready_at - order.created_at).days


# -- hand-over -------------------------------------------------------------------------------------------


@action
def reckon(order: RepairOrder) -> str:
    """What comes next: `held` on a card, `due`, `return` of an item that was not repaired, or `clear`."""
    return charging.standing(order)


@action
def capture_held(order: RepairOrder, amount: Decimal) -> None:
    """Ask for what is held on the customer's card, as much as is to be paid."""
    charging.capture_held(order, amount)


@action
def take_payment(
    order: RepairOrder,
    tendered: Decimal,
    outcome: str = "pay",
    method: str = "",
    amount: Decimal = ZERO,
    reference: str = "",
    code: str = "",
) -> str:
    """Take what is to be paid and hand over: `receipt` to print, `plain` without one, `open` while it is not paid."""
    if outcome == "check":
        charging.look_at_cards(order)
        return "open"
    if due_of(order) <= 0:
        return _handed_over(order, code)
    charging.take_balance(order, tendered, method, amount, reference)
    handing_over.prove(order, code)
    booking.charge(order)
    return "receipt"


@action
def note_hand_over(order: RepairOrder, code: str = "") -> str:
    """Hand over, give back what was paid too much, bill what the warranty paid: `receipt` to print, or `plain`."""
    return _handed_over(order, code)


def _handed_over(order: RepairOrder, code: str) -> str:
    handing_over.prove(order, code)
    charging.give_rest_back(order)
    handing_over.bill_warranty(order)
    booking.charge(order)
    return settling.last_receipt(order)


@action
def look_up_rules(order: RepairOrder) -> bool:
    """Whether the company charges or disposes at all when an item lies there for longer than 90 days."""
    own = rules()
    return own.charges_storage or own.disposes


@action
def charge_storage(order: RepairOrder, decision: str) -> None:
    """Add the storage fee where it was decided so; else the item waits on."""
    if decision == "charge":
        handing_over.charge_storage(order)


@action
def dispose_item(order: RepairOrder, note: str) -> None:
    """Note that the item was disposed of, and what was done to reach its owner."""
    handing_over.dispose(order)
    charging.release_held(order)
    booking.charge(order)


class RenderQuotation(Call):
    """Make the quote as a PDF, a new revision each time, and keep it with the order."""

    order: RepairOrder
    deposit_percent: Decimal = ZERO
    """What part of the total is asked in advance."""

    def request(self) -> dict[str, Any]:
        """What the quote says, and until when it holds."""
        order, issued_on = self.order, today()
        revision, valid_until = order.quote_revision + 1, issued_on + timedelta(days=QUOTE_DAYS)
        content = quotation(
            order,
            revision=revision,
            issued_on=issued_on.isoformat(),
            valid_until=valid_until.isoformat(),
            by=current().name,
            deposit=charging.deposit_of(order, self.deposit_percent),
        )
        return {
            "tenant_id": current().tenant_id,
            "language": language_of(order),
            "revision": revision,
            "content": content,
        }

    def send(self, request: dict[str, Any], _key: str) -> dict[str, Any]:
        """Render it; the same request gives the same bytes, so a repeat keeps nothing new."""
        pdf = print_document("repairs/quotation.html", request["content"], language=request["language"])
        return {
            "revision": request["revision"],
            "valid_until": request["content"]["valid_until"],
            "sha256": files.keep(request["tenant_id"], pdf),
            "size": len(pdf),
        }

    def record(self, answer: dict[str, Any]) -> None:
        """The PDF becomes a file of the order, which now has this revision; history without papers has no file."""
        order = self.order
        order.quote_revision = answer["revision"]
        order.quote_valid_until = date.fromisoformat(answer["valid_until"])
        order.deposit_amount = charging.deposit_of(order, self.deposit_percent)
        quotes.keep(order, order.quote_valid_until)
        if "sha256" not in answer:
            return
        row = files.File(
            name=f"{order.number}-{answer['revision']}.pdf",
            sha256=answer["sha256"],
            size=answer["size"],
            media_type="application/pdf",
            purpose=QUOTATION,
        )
        files.attach(row, order.__tablename__, order.id)


class SendQuotation(OrderLetter):
    """Mail the newest quote to the customer, with a link to accept or decline it."""

    def attachments(self) -> list[files.File]:
        """The quote as a PDF."""
        return files.of(self.order.__tablename__, self.order.id, QUOTATION)[-1:]

    def content(self) -> tuple[str, str]:
        """The quote in a few words, with its link."""
        issue_link(self.order)
        return quotation_letter(self.order)


class SendReminder(OrderLetter):
    """Remind the customer of the quote; the link is the same."""

    def content(self) -> tuple[str, str]:
        """The quote in one sentence, with its link."""
        return reminder_letter(self.order)


class NotifyReady(OrderLetter):
    """Tell the customer that the item can be collected, and what is to pay."""

    def content(self) -> tuple[str, str]:
        """Where and what."""
        return ready_letter(self.order)


class RemindUncollected(OrderLetter):
    """Remind the customer that the item has been ready for a month or longer."""

    def content(self) -> tuple[str, str]:
        """Since when, what is to pay, and where."""
        return collect_letter(self.order)

    def record(self, answer: Any) -> None:
        """Count it."""
        super().record(answer)
        self.order.reminder_count += 1
