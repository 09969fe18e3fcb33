from erp import Plugin


class Sales(Plugin):
    """Sales. What was sold at once and what came back, with its stock and its money; a shop's history comes in here."""

    depends = ("parties", "products", "currencies", "taxes", "accounting", "stock", "receipts")
    order = 20
    roles = {  # noqa: RUF012 - read once, never changed
        "Counter": "sale:list show, sale_refund:list show",
        "Accountant": "sale:list show export see_cost, sale_refund:list show export see_cost",
        "TENANT_MANAGER": "sale:list show export import see_cost, sale_refund:list show export see_cost",
    }
