from erp import Plugin


class Banking(Plugin):
    """Banking. What banks and mobile money say, matched with the books, and payments to suppliers."""

    depends = ("parties", "accounting", "payments")
    order = 47
    roles = {  # noqa: RUF012 - read once, never changed
        "Accountant": "bank_account:list show add edit export reconcile, bank_statement:list show add export, "
        "party_bank_account:list show add export, payment_run:list show add edit export stop",
        "TENANT_MANAGER": "bank_account:*, bank_statement:*, party_bank_account:list show add export, payment_run:*",
    }
