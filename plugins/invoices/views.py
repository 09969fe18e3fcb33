from collections.abc import Sequence

from flask import redirect

from erp import _
from erp.screens import Answer, DocumentView, Link, Opened, Shown, allowed, expose
from plugins.invoices.api import credit, credited_for, outstanding
from plugins.invoices.models import ISSUED


class Invoices(DocumentView):
    """The invoices' pages, from which they are credited."""

    type_name = "invoice"
    add_fields = ("customer", "reference", "payment_terms", "email", "discount", "note", "lines")

    def links(self, it: Opened) -> Sequence[Link]:
        """A credit note of what is left of an issued invoice."""
        if ISSUED not in it.row.passed_states:
            return []
        return [Link(_("Credit note"), f"{it.url}/credit", "receipt-refund", post=True)]

    def facts(self, it: Opened) -> Sequence[Shown]:
        """What is still to be paid of an issued invoice, payments and credit notes taken off."""
        if ISSUED not in it.row.passed_states:
            return ()
        taken = credited_for(it.row)
        found = [Shown(_("Credited"), taken, "money", currency=it.currency)] if taken else []
        return [*found, Shown(_("Still to pay"), outstanding(it.row), "money", currency=it.currency)]

    @expose("/<int:row_id>/credit", methods=("POST",))
    @allowed("edit")
    def credit(self, row_id: int) -> Answer:
        """Draft a credit note of all that is left; what is not to be credited is taken out of it there."""
        self.opened(row_id)
        return redirect(f"/credit_note/{credit(row_id).id}")
