from erp import Plugin


class Repairs(Plugin):
    """Repairs. From the counter to the receipt: take in, inspect, quote, repair, check, hand over."""

    depends = ("parties", "products", "taxes", "accounting", "stock", "payments", "receipts", "invoices")
    order = 10
    roles = {  # noqa: RUF012 - read once, never changed
        "Counter": "repair_order:list show add edit export stop, repair_rules:list show, mailbox:list",
        "Technician": "repair_order:list show edit, repair_rules:list show",
        "Accountant": "repair_order:list show",
        "TENANT_MANAGER": "repair_order:*, repair_rules:*",
    }
