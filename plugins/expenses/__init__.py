from erp import Plugin


class Expenses(Plugin):
    """Expenses. What colleagues laid out, with receipts and approval, and the petty cash."""

    depends = ("parties", "taxes", "accounting")
    order = 46
    roles = {  # noqa: RUF012 - read once, never changed
        "TENANT_EMPLOYEE": "expense_claim:list show add edit, party:list show, account:list show, tax:list show",
        "Accountant": "expense_claim:list show add edit export stop, petty_cash_float:list show add edit export, "
        "petty_cash_entry:list show add edit export stop",
        "TENANT_MANAGER": "expense_claim:*, petty_cash_float:*, petty_cash_entry:*",
    }
