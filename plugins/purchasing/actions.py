from __future__ import annotations

from decimal import Decimal
from typing import Any

from erp import Call, Letter, action, current, files, print_document
from plugins.purchasing import billing, crediting, landed, ordering, papers, receiving
from plugins.purchasing.bills import SupplierBill
from plugins.purchasing.credits import SupplierCreditNote
from plugins.purchasing.deliveries import GoodsReceipt, SupplierReturn
from plugins.purchasing.landed import LandedCost
from plugins.purchasing.models import SENT, PurchaseOrder
from plugins.purchasing.sourcing import PurchaseRequisition, RequestForQuotation


@action
def value_purchase_order(order: PurchaseOrder) -> bool:
    """Work out what its approval depends on; whether the supplier has it already.

    Refuses an order without lines or with a line that costs nothing.
    """
    ordering.value(order)
    return order.passed(SENT)


@action
def is_purchase_unapproved(order: PurchaseOrder) -> bool:
    """Whether it says something now that those whom the table names for it have not approved."""
    ordering.weigh(order)
    return order.is_unapproved


@action(asks=False)
def note_purchase_limit(order: PurchaseOrder, limit: Decimal) -> None:
    """Keep up to what the table says that they decide, nothing where there is no limit."""
    order.approved_limit = limit


@action(asks=False)
def note_purchase_rejection(order: PurchaseOrder, comment: str = "") -> None:
    """Keep what was said to it by whoever rejected it."""
    order.decision_note = comment[:400]


@action(asks=False)
def expect_goods(order: PurchaseOrder) -> None:
    """Note its goods as coming in, so that nobody orders them again."""
    ordering.follow(order)


@action
def value_purchase_remainder(order: PurchaseOrder) -> None:
    """Work out what is given up if it is closed now, for the table that says who agrees to that."""
    ordering.value_remainder(order)


@action
def close_purchase_order(order: PurchaseOrder) -> None:
    """Expect nothing more of it; what did not come is not ordered any more."""
    ordering.end(order)


@action
def post_goods_receipt(receipt: GoodsReceipt) -> None:
    """Take the goods in and draw up a return of what was rejected; refuses more than is still to come."""
    receiving.receive(receipt)


@action
def post_supplier_return(back: SupplierReturn) -> None:
    """Take the goods off the shelf, as far as they were on it; refuses what is not there any more."""
    receiving.send_back(back)


@action
def match_supplier_bill(bill: SupplierBill) -> None:
    """Compare it with what was ordered and what came; refuses a bill without lines or in a locked period."""
    billing.match(bill)


@action(asks=False)
def note_bill_decision(bill: SupplierBill, comment: str = "") -> None:
    """Keep what was said to a bill that does not match."""
    bill.decision_note = comment[:400]


@action
def post_supplier_bill(bill: SupplierBill) -> None:
    """Owe it to the supplier, once; what its goods cost otherwise than expected goes onto those still there."""
    billing.post_bill(bill)


@action
def free_bill_number(bill: SupplierBill) -> None:
    """Let the supplier's number come again: this bill is not owed."""
    bill.bill_key = ""


@action
def match_supplier_credit_note(note: SupplierCreditNote) -> None:
    """Compare it with what went back and was billed; refuses more than that, or a note in a locked period."""
    crediting.match(note)


@action(asks=False)
def note_credit_decision(note: SupplierCreditNote, comment: str = "") -> None:
    """Keep what was said to a credit note that does not match."""
    note.decision_note = comment[:400]


@action
def post_supplier_credit_note(note: SupplierCreditNote) -> None:
    """Owe the supplier so much less, once; what their goods cost less goes off those still there."""
    crediting.post_note(note)


@action
def free_credit_number(note: SupplierCreditNote) -> None:
    """Let the supplier's number come again: this credit note does not count."""
    note.credit_key = ""


@action(asks=False)
def note_requisition_answer(requisition: PurchaseRequisition, comment: str = "") -> None:
    """Keep what was said to it by whoever decided."""
    requisition.decision_note = comment[:400]


@action
def spread_landed_cost(cost: LandedCost) -> None:
    """Put it onto the goods of its receipt, once, as far as they are still there."""
    landed.spread(cost)


class SendRequestForQuotation(Letter):
    """Ask the supplier what they want for it, by mail."""

    quote: RequestForQuotation

    def address(self) -> str:
        """Where the request goes."""
        return self.quote.email or ""

    def language(self) -> str:
        """The supplier's."""
        return papers.language_of(self.quote.supplier)

    def about(self) -> str:
        """The request's number."""
        return self.quote.number or ""

    def content(self) -> tuple[str, str]:
        """All that is asked, line by line."""
        return papers.request_letter(self.quote)


class RenderPurchaseOrder(Call):
    """Make the order as a PDF and keep it."""

    order: PurchaseOrder

    def request(self) -> dict[str, Any]:
        """What it says; nothing that changes later reaches it."""
        return {
            "tenant_id": current().tenant_id, "language": papers.language_of(self.order.supplier),
            "content": papers.order_paper(self.order),
        }  # fmt: skip

    def send(self, request: dict[str, Any], _key: str) -> dict[str, Any]:
        """Render it; the same request gives the same bytes, so a repeat keeps nothing new."""
        pdf = print_document(papers.ORDER, request["content"], language=request["language"])
        return {"sha256": files.keep(request["tenant_id"], pdf), "size": len(pdf)}

    def record(self, answer: dict[str, Any]) -> None:
        """The PDF becomes a file of the order."""
        if "sha256" not in answer:
            return
        name = f"{(self.order.number or '').replace('/', '-')}.pdf"
        row = files.File(name=name, media_type="application/pdf", purpose=papers.PURPOSE, **answer)
        files.attach(row, self.order.__tablename__, self.order.id)


class SendPurchaseOrder(Letter):
    """Mail the order to the supplier."""

    order: PurchaseOrder

    def address(self) -> str:
        """Where the order goes."""
        return self.order.email or ""

    def language(self) -> str:
        """The supplier's."""
        return papers.language_of(self.order.supplier)

    def about(self) -> str:
        """The order's number."""
        return self.order.number or ""

    def content(self) -> tuple[str, str]:
        """The order in one sentence."""
        return papers.order_letter(self.order)

    def attachments(self) -> list[files.File]:
        """The order as a PDF."""
        return files.of(self.order.__tablename__, self.order.id, papers.PURPOSE)[-1:]
