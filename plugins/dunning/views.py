from __future__ import annotations

from erp.screens import DocumentView


class DunningCases(DocumentView):
    """The pages of customers who are reminded."""

    type_name = "dunning_case"
    add_fields = ("customer", "email", "note")
