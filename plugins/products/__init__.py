from erp import Plugin


class Products(Plugin):
    """Products. Parts, labour and goods with their prices."""

    order = 30
    roles = {  # noqa: RUF012 - read once, never changed
        "Counter": "product:list show",
        "Technician": "product:list show",
        "TENANT_MANAGER": "product:*",
    }
