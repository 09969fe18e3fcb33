from erp import Plugin
from plugins.dunning.beginning import LEVELS


class Dunning(Plugin):
    """Dunning. Customers who are late are reminded step by step, until they have paid or somebody decides."""

    depends = ("parties", "accounting", "receipts", "invoices")
    order = 46
    begins = {"dunning_level": LEVELS}  # noqa: RUF012 - read once, never changed
    roles = {  # noqa: RUF012 - read once, never changed
        "Accountant": "dunning_case:list show add export stop, dunning_level:list show add edit",
        "TENANT_MANAGER": "dunning_case:*, dunning_level:*",
    }
