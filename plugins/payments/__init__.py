from erp import Plugin


class Payments(Plugin):
    """Payments. Money received for documents; cash so far."""

    depends = ("parties",)
    order = 40
    roles = {  # noqa: RUF012 - read once, never changed
        "Counter": "payment:list show",
        "TENANT_MANAGER": "payment:list show export",
    }
