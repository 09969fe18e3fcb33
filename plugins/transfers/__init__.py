from erp import Plugin


class Transfers(Plugin):
    """Transfers. Goods on their way from one branch to another: picked, shipped, received, and what differs."""

    depends = ("parties", "products", "accounting", "stock")
    order = 34
    roles = {  # noqa: RUF012 - read once, never changed
        "Counter": "transfer:list show",
        "Technician": "transfer:list show",
        "Accountant": "transfer:list show export",
        "Storekeeper": "transfer:list show add edit export stop",
        "Stock manager": "transfer:list show add edit export stop receive_over",
        "TENANT_MANAGER": "transfer:*",
    }
