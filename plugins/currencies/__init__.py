from erp import Plugin


class Currencies(Plugin):
    """Currencies. What one currency costs in another, day by day, and how amounts are rounded."""

    order = 48
    roles = {  # noqa: RUF012 - read once, never changed
        "Accountant": "exchange_rate:list show add edit export import, rounding_rule:list show",
        "TENANT_MANAGER": "exchange_rate:*, rounding_rule:*",
    }
