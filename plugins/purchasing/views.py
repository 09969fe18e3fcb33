from __future__ import annotations

from collections.abc import Sequence

from flask import flash, redirect

from erp import _, can, create, current, i18n, print_document
from erp.screens import Answer, DocumentView, LinesShown, Link, Opened, Shown, TaskButton, allowed, expose, pdf
from plugins.purchasing import papers, views_progress
from plugins.purchasing.models import APPROVED, CLOSED, SENT
from plugins.purchasing.proposing import draw_up


class PurchaseOrders(DocumentView):
    """The orders' pages, from which goods are received and bills entered."""

    type_name = "purchase_order"
    add_fields = (
        "supplier", "supplier_reference", "needed_on", "payment_terms", "email", "cost_centre", "note", "lines",
    )  # fmt: skip

    def links(self, it: Opened) -> Sequence[Link]:
        """The paper, and what comes next."""
        found = [Link(_("Print order"), f"{it.url}/paper", "printer")]
        if it.row.passed(SENT) and not it.row.passed(CLOSED):
            found.append(Link(_("Receive goods"), f"{it.url}/receive", "truck-delivery", post=True))
        if it.row.passed(APPROVED):
            found.append(
                Link(
                    _("Enter bill"),
                    f"/supplier_bill/new?order={it.row.id}&supplier={it.row.supplier.id}",
                    "file-dollar",
                )
            )
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

    @expose("/<int:row_id>/receive", methods=("POST",))
    @allowed("show")
    def receive(self, row_id: int) -> Answer:
        """Draft a receipt of all that is still to come; what came otherwise is put right there."""
        self.opened(row_id)
        return redirect(f"/goods_receipt/{create('goods_receipt', {'order': row_id}).id}")


class GoodsReceipts(DocumentView):
    """The receipts' pages, from which goods are sent back."""

    type_name = "goods_receipt"
    add_fields = ("order", "delivery_note", "received_on", "location", "note")

    def links(self, it: Opened) -> Sequence[Link]:
        """A return of what was accepted."""
        if it.row.posted_on is None:
            return []
        return [Link(_("Send goods back"), f"{it.url}/send-back", "truck-return", post=True)]

    def buttons(self, it: Opened) -> Sequence[TaskButton]:
        """The order."""
        return [
            TaskButton(
                _("Order %(number)s", number=it.row.order.number), f"/purchase_order/{it.row.order.id}", "shopping-cart"
            )
        ]

    @expose("/<int:row_id>/send-back", methods=("POST",))
    @allowed("show")
    def send_back(self, row_id: int) -> Answer:
        """Draft a return of what was accepted; what stays is taken out of it there."""
        self.opened(row_id)
        return redirect(f"/supplier_return/{create('supplier_return', {'receipt': row_id}).id}")


class SupplierReturns(DocumentView):
    """The returns' pages."""

    type_name = "supplier_return"
    add_fields = ("receipt", "reason", "reference", "note")


class SupplierBills(DocumentView):
    """The bills' pages."""

    type_name = "supplier_bill"
    add_fields = ("order", "supplier", "bill_number", "billed_on", "payment_terms", "due_on", "note")
