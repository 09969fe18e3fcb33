from erp import Plugin


class Closing(Plugin):
    """Closing. Months and years closed step by step, signed for by name, with a pack for the auditor."""

    depends = ("accounting",)
    order = 47
    roles = {  # noqa: RUF012 - read once, never changed
        "Accountant": "month_end:list show add export, year_end:list show add export",
        "TENANT_MANAGER": "month_end:*, year_end:*",
    }
