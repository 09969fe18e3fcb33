from erp import Plugin
from plugins.stock.beginning import LOCATIONS


class Stock(Plugin):
    """Stock. Where goods are, what is promised, what is on its way and what it all cost."""

    depends = ("parties", "products", "accounting")
    order = 32
    begins = {"location": LOCATIONS}  # noqa: RUF012 - read once, never changed
    roles = {  # noqa: RUF012 - read once, never changed
        "Counter": "location:list show, lot:list show, stock_move:list show",
        "Technician": "location:list show, lot:list show, stock_move:list show",
        "Accountant": "location:list show export, lot:list show export, stock_move:list show export see_value, "
        "product:list show, product_category:list show, stock_adjustment:list show export, "
        "stock_count:list show export, reorder_rule:list show export",
        "Storekeeper": "location:list show, lot:list show add edit export import, stock_move:list show export, "
        "product:list show, product_category:list show, unit:list show, "
        "stock_adjustment:list show add edit export stop, stock_count:list show add edit export stop, "
        "reorder_rule:list show add edit export import",
        "Stock manager": "location:list show add edit export, lot:list show add edit export import, "
        "stock_move:list show export see_value, product:list show see_cost, product_category:list show, "
        "unit:list show, stock_adjustment:list show add edit export stop, stock_count:list show add edit export stop, "
        "reorder_rule:list show add edit export import",
        "TENANT_MANAGER": "location:*, lot:*, stock_move:list show export see_value, stock_adjustment:*, "
        "stock_count:*, reorder_rule:*",
    }
