from erp import Plugin


class Receipts(Plugin):
    """Receipts. Proof of payment on 80 mm paper: rendered once, kept, printed again only as a copy."""

    depends = ("parties", "payments")
    order = 41
    roles = {  # noqa: RUF012 - read once, never changed
        "Counter": "receipt:list show",
        "TENANT_MANAGER": "receipt:list show export",
    }
