from erp import Plugin


class Invoices(Plugin):
    """Invoices. What customers owe: issued once, never changed, credited where they were wrong."""

    depends = ("parties", "products", "payments", "receipts", "currencies", "taxes", "accounting")
    order = 45
    roles = {  # noqa: RUF012 - read once, never changed
        "Accountant": "invoice:list show add edit export stop, credit_note:list show edit export stop, "
        "invoice_layout:list show, party:list show add edit, product:list show, receipt:list show, "
        "mailbox:list",
        "Counter": "invoice:list show, credit_note:list show",
        "TENANT_MANAGER": "invoice:*, credit_note:list show edit export skip correct suspend stop move, "
        "invoice_layout:*",
    }
