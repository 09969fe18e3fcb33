from erp import Plugin


class Pos(Plugin):
    """Counter. Tills that sell: terminals, sessions with their cash, receipts, and what a cashier was allowed."""

    depends = ("parties", "products", "currencies", "taxes", "accounting", "stock", "receipts", "sales")
    order = 18
    roles = {  # noqa: RUF012 - read once, never changed
        "Cashier": "cash_session:sell",
        "Shift manager": "cash_session:list show sell allow, z_report:list show, terminal:list show, "
        "cash_difference:list show",
        "Accountant": "cash_session:list show export, z_report:list show export, terminal:list show, "
        "cash_difference:list show export",
        "TENANT_MANAGER": "terminal:list show add edit export, cash_session:list show export sell allow, "
        "z_report:list show export, cash_difference:list show export",
    }
