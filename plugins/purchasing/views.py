from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from flask import flash, redirect

from erp import _, can, current, i18n, print_document
from erp.screens import Answer, DocumentView, LinesShown, Link, Opened, Shown, TaskButton, allowed, expose, pdf
from plugins.accounting.api import keeps_books, open_lines
from plugins.purchasing import papers, views_progress, views_sourcing
from plugins.purchasing.credits import SupplierCreditNote
from plugins.purchasing.models import APPROVED, CLOSED, SENT
from plugins.purchasing.proposing import draw_up
from plugins.purchasing.sourcing import APPROVED as AGREED
from plugins.purchasing.sourcing import QUOTED, ordered, quotes_of


class PurchaseRequisitions(DocumentView):
    """The requisitions' pages, with what suppliers offer side by side."""

    type_name = "purchase_requisition"
    add_fields = ("reason", "needed_on", "cost_centre", "note", "lines")

    def buttons(self, it: Opened) -> Sequence[TaskButton]:
        """Ask a supplier, once it is agreed to."""
        if not it.row.passed(AGREED) or not can("add", "request_for_quotation"):
            return []
        return [TaskButton(_("Ask a supplier"), f"/request_for_quotation/new?requisition={it.row.id}", "mail")]

    def tables(self, it: Opened) -> Sequence[LinesShown]:
        """A column for each supplier, the best of each line marked."""
        quotes = [each for each in quotes_of(it.row) if each.passed(QUOTED)]
        return [views_sourcing.compared(it, quotes)] if quotes else []


class RequestsForQuotation(DocumentView):
    """The requests' pages, from which the best is ordered."""

    type_name = "request_for_quotation"
    add_fields = ("requisition", "supplier", "email", "answer_by", "note")

    def links(self, it: Opened) -> Sequence[Link]:
        """An order of what they offer."""
        if not it.row.passed(QUOTED) or not can("add", "purchase_order"):
            return []
        if it.row.order_id is not None:
            return [Link(_("Its order"), f"/purchase_order/{it.row.order_id}", "shopping-cart")]
        return [Link(_("Order this"), f"{it.url}/order", "shopping-cart", post=True)]

    @expose("/<int:row_id>/order", methods=("POST",))
    @allowed("show")
    def order(self, row_id: int) -> Answer:
        """Draft an order of what they offer."""
        it = self.opened(row_id)
        made = ordered(it.row)
        flash(_("Order drafted from %(number)s.", number=it.number), "success")
        return redirect(f"/purchase_order/{made}")


class PurchaseOrders(DocumentView):
    """The orders' pages, from which goods are received and bills entered."""

    type_name = "purchase_order"
    add_fields = (
        "supplier", "supplier_reference", "needed_on", "payment_terms", "email", "cost_centre", "note", "lines",
    )  # fmt: skip

    def links(self, it: Opened) -> Sequence[Link]:
        """The paper."""
        return [Link(_("Print order"), f"{it.url}/paper", "printer")]

    def buttons(self, it: Opened) -> Sequence[TaskButton]:
        """What comes next: goods and bills."""
        found, key = [], it.row.id
        is_open = it.row.passed(SENT) and not it.row.passed(CLOSED)
        if is_open and can("add", "goods_receipt"):
            found.append(TaskButton(_("Receive goods"), f"/goods_receipt/new?order={key}", "truck-delivery"))
        if it.row.passed(APPROVED) and can("add", "supplier_bill"):
            address = f"/supplier_bill/new?order={key}&supplier={it.row.supplier.id}"
            found.append(TaskButton(_("Enter bill"), address, "file-dollar"))
        return found

    def facts(self, it: Opened) -> Sequence[Shown]:
        """How much of it came and was billed."""
        return views_progress.shares(it)

    def tables(self, it: Opened) -> Sequence[LinesShown]:
        """What became of every line, and the receipts and bills of the order."""
        return views_progress.tables(it)

    def list_links(self) -> Sequence[Link]:
        """Drafts of what runs low."""
        return (
            [Link(_("Order what runs low"), f"{self.url}reorder", "target", post=True)]
            if can("add", "purchase_order")
            else []
        )

    @expose("/reorder", methods=("POST",))
    @allowed("add")
    def reorder(self) -> Answer:
        """Draft orders of all that is below what should be there."""
        made = draw_up()
        if not made:
            flash(_("Nothing runs low that names a supplier and is not ordered yet."), "info")
            return redirect(self.url)
        flash(_("Orders drafted: %(count)s.", count=i18n.format_number(len(made))), "success")
        return redirect(f"{self.url}?state__eq=draft")

    @expose("/<int:row_id>/paper")
    @allowed("show")
    def paper(self, row_id: int) -> Answer:
        """The order as it stands now, in the reader's language."""
        it = self.opened(row_id)
        content = papers.order_paper(it.row)
        return pdf(print_document(papers.ORDER, content, language=current().language), f"{it.number}.pdf")


class GoodsReceipts(DocumentView):
    """The receipts' pages, from which goods are sent back."""

    type_name = "goods_receipt"
    add_fields = ("order", "delivery_note", "received_on", "location", "note")

    def buttons(self, it: Opened) -> Sequence[TaskButton]:
        """A return of what was accepted; its order."""
        order, found = it.row.order, []
        if it.row.posted_on is not None and can("add", "supplier_return"):
            found.append(
                TaskButton(
                    _("Send goods back"), f"/supplier_return/new?receipt={it.row.id}", "truck-return", aside=True
                )
            )
        return [*found, TaskButton(order.number, f"/purchase_order/{order.id}", "shopping-cart", aside=True)]


class SupplierReturns(DocumentView):
    """The returns' pages, from which what their supplier credits is entered."""

    type_name = "supplier_return"
    add_fields = ("receipt", "reason", "reference", "note")

    def links(self, it: Opened) -> Sequence[Link]:
        """The paper that goes with the goods."""
        return [Link(_("Print return note"), f"{it.url}/paper", "printer")] if it.row.lines else []

    @expose("/<int:row_id>/paper")
    @allowed("show")
    def paper(self, row_id: int) -> Answer:
        """What goes back and what is to be credited, in the reader's language."""
        it = self.opened(row_id)
        content = papers.return_paper(it.row)
        return pdf(print_document(papers.RETURN, content, language=current().language), f"{it.number}.pdf")

    def buttons(self, it: Opened) -> Sequence[TaskButton]:
        """The supplier's credit note, once the goods left."""
        if it.row.posted_on is None or not can("add", "supplier_credit_note"):
            return []
        address = f"/supplier_credit_note/new?supplier_return={it.row.id}&supplier={it.row.supplier.id}"
        return [TaskButton(_("Enter credit note"), address, "receipt-refund")]

    def tables(self, it: Opened) -> Sequence[LinesShown]:
        """What the supplier credited of it."""
        return views_progress.credit_notes(it, SupplierCreditNote.supplier_return_id)


class SupplierBills(DocumentView):
    """The bills' pages."""

    type_name = "supplier_bill"
    add_fields = ("order", "supplier", "bill_number", "billed_on", "payment_terms", "due_on", "note")

    def facts(self, it: Opened) -> Sequence[Shown]:
        """What of it is still to be paid, once it is owed."""
        left = _left(it)
        return () if left is None else [Shown(_("Still to pay"), -left, "money", currency=it.currency)]

    def buttons(self, it: Opened) -> Sequence[TaskButton]:
        """The supplier's credit note, once it is owed."""
        if it.row.posted_on is None or not can("add", "supplier_credit_note"):
            return []
        address = f"/supplier_credit_note/new?bill={it.row.id}&supplier={it.row.supplier.id}"
        return [TaskButton(_("Enter credit note"), address, "receipt-refund")]

    def tables(self, it: Opened) -> Sequence[LinesShown]:
        """What the supplier credited of it."""
        return views_progress.credit_notes(it, SupplierCreditNote.bill_id)


class SupplierCreditNotes(DocumentView):
    """The credit notes' pages."""

    type_name = "supplier_credit_note"
    add_fields = ("bill", "supplier_return", "supplier", "credit_number", "credited_on", "note")

    def facts(self, it: Opened) -> Sequence[Shown]:
        """What of it no bill took yet: settled with another one, or paid back."""
        left = _left(it)
        return () if left is None else [Shown(_("Not settled yet"), left, "money", currency=it.currency)]

    def buttons(self, it: Opened) -> Sequence[TaskButton]:
        """Settle what is left of it with other bills of the supplier."""
        if not _left(it) or not can("allocate", "journal_entry"):
            return []
        return [TaskButton(_("Settle open items"), f"/journal_entry/settle/{it.row.supplier.id}", "checks")]


def _left(it: Opened) -> Decimal | None:
    """What of a paper's total is open, in its currency; None before it is posted, or without books."""
    if it.row.posted_on is None or not keeps_books():
        return None
    found = open_lines(source=(it.type.name, it.row.id))
    return sum((each.open if each.currency_open is None else each.currency_open for each in found), Decimal(0))


class LandedCosts(DocumentView):
    """The landed costs' pages."""

    type_name = "landed_cost"
    add_fields = ("receipt", "reason", "cost", "basis", "account", "spread_on")
