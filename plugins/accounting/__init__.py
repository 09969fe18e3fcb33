from erp import Plugin


class Accounting(Plugin):
    """Accounting. The money ledger: entries that always balance, by rules an accountant reads and changes."""

    depends = ("parties", "products", "currencies", "taxes")
    order = 48
    roles = {  # noqa: RUF012 - read once, never changed
        "Accountant": "account:list show add edit export, journal:list show add edit, fiscal_year:list show add, "
        "fiscal_period:list show, posting_rule:list show add edit, ledger_lock:list show add, "
        "journal_entry:list show export reverse allocate, journal_voucher:list show add edit export stop, "
        "recurring_entry:list show add edit",
        "TENANT_MANAGER": "account:*, journal:*, fiscal_year:list show add export, fiscal_period:list show export, "
        "posting_rule:*, ledger_lock:list show add export, journal_entry:list show export reverse allocate, "
        "journal_voucher:*, recurring_entry:*",
    }
