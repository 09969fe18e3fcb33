from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from flask import redirect, request

from erp import _, company, current, session
from erp.screens import Answer, DocumentView, Opened, Shown, allowed, expose
from plugins.expenses.models import ZERO
from plugins.expenses.posting import in_box
from plugins.parties.models import Party


class ExpenseClaims(DocumentView):
    """The claims' pages."""

    type_name = "expense_claim"
    add_fields = ("employee", "purpose", "no_receipt", "lines")

    @expose("/new", methods=("GET", "POST"))
    @allowed("add")
    def add(self) -> Answer:
        """The empty form, filled in with the colleague who opens it where they are known by their name."""
        own = sa.select(Party.id).where(Party.is_employee, Party.name == current().name)
        if request.method == "GET" and "employee" not in request.args and (key := session().scalar(own.limit(1))):
            return redirect(f"{self.url}new?employee={key}")
        shown: Answer = super().add()
        return shown


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
