from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from erp import Call, _, action, current, files, i18n, print_document, today
from plugins.payments.api import due_of, take_cash
from plugins.receipts.api import issue
from plugins.repairs.letters import OrderLetter, issue_link, quotation_letter, ready_letter, reminder_letter
from plugins.repairs.models import RepairOrder
from plugins.repairs.papers import QUOTATION, language_of, print_lines, print_sums, quotation

QUOTE_DAYS = 14


@action
def count_rework(order: RepairOrder) -> None:
    """Count that the quality check sent the item back to repair."""
    order.rework_count += 1


@action
def expire_quote(order: RepairOrder) -> None:
    """Note that the customer did not answer in time."""
    order.decline_reason = "other"
    order.decline_note = _("No answer until %(day)s.", day=i18n.format_date(order.quote_valid_until))


@action
def take_payment(order: RepairOrder, tendered: Decimal) -> None:
    """Take what is due in cash and issue the receipt; refuses less cash than is due, and paying twice."""
    payment = take_cash(order, order.customer, due_of(order), tendered)
    lines, sums = print_lines(order), print_sums(order)
    issue(payment, lines=lines, sums=sums, language=language_of(order), note=order.work_done or "")


class RenderQuotation(Call):
    """Make the quote as a PDF, a new revision each time, and keep it with the order."""

    order: RepairOrder

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
