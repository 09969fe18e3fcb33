from erp import Plugin


class Taxes(Plugin):
    """Taxes. Rates with the days they hold, gathered into the categories that lines name."""

    depends = ("products",)
    order = 49
    roles = {  # noqa: RUF012 - read once, never changed
        "Accountant": "tax:list show add edit, tax_category:list show add edit",
        "Counter": "tax_category:list show",
        "TENANT_MANAGER": "tax:*, tax_category:*",
    }
