from __future__ import annotations

from collections.abc import Sequence

from erp import _, company
from erp.screens import DocumentView, Opened, Shown
from plugins.expenses.models import ZERO
from plugins.expenses.posting import in_box


class ExpenseClaims(DocumentView):
    """The claims' pages."""

    type_name = "expense_claim"
    add_fields = ("employee", "purpose", "no_receipt", "lines")


class PettyCashFloats(DocumentView):
    """The boxes' pages, with what lies in them."""

    type_name = "petty_cash_float"

    def facts(self, it: Opened) -> Sequence[Shown]:
        """What the books say, and what would fill it."""
        held, currency = in_box(it.row), company().currency
        return [
            Shown(_("In the box, say the books"), held, "money", currency=currency),
            Shown(_("To be topped up"), max(it.row.limit - held, ZERO), "money", currency=currency),
        ]
