from erp import Plugin


class Accounting(Plugin):
    """Accounting. The money ledger: entries that always balance, by rules an accountant reads and changes."""

    depends = ("parties", "products", "currencies", "taxes")
    order = 48
    roles = {  # noqa: RUF012 - read once, never changed
        "Accountant": "account:list show add edit export, journal:list show add edit, fiscal_year:list show add, "
        "fiscal_period:list show, posting_rule:list show add edit, journal_entry:list show export reverse set_locks",
        "TENANT_MANAGER": "account:*, journal:*, fiscal_year:list show add export, fiscal_period:list show, "
        "posting_rule:*, journal_entry:list show export reverse set_locks",
    }
