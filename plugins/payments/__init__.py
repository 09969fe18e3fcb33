from erp import Plugin


class Payments(Plugin):
    """Payments. Money received for documents and given back: cash, cards, bank transfers and M-Pesa."""

    depends = ("parties", "accounting")
    order = 40
    roles = {  # noqa: RUF012 - read once, never changed
        "Accountant": "payment:list show edit export, refund:list show edit export, payment_review:list show edit",
        "Counter": "payment:list show edit, refund:list show",
        "TENANT_MANAGER": "payment:list show edit export import, refund:list show edit export pay_out approve, "
        "payment_review:list show edit",
    }
