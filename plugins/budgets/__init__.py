from erp import Plugin


class Budgets(Plugin):
    """Budgets. What each account should come to, month by month, beside what it came to."""

    depends = ("accounting",)
    order = 47
    roles = {  # noqa: RUF012 - read once, never changed
        "Accountant": "budget:list show add edit export import",
        "TENANT_MANAGER": "budget:*",
    }
