from erp import Plugin
from plugins.products.beginning import UNITS

_SEEN = (
    "product:list show, product_category:list show, brand:list show, unit:list show, product_attribute:list show,"
    " product_family:list show, price_list:list show, price_list_line:list show"
)


class Products(Plugin):
    """Products. Parts, labour and goods with their prices, units, barcodes and labels."""

    depends = ("parties", "currencies")
    order = 30
    begins = {"unit": UNITS}  # noqa: RUF012 - read once, never changed
    roles = {  # noqa: RUF012 - read once, never changed
        "Counter": _SEEN,
        "Technician": _SEEN,
        "TENANT_MANAGER": "product:*, product:see_cost set_up, product_category:*, brand:*, unit:*, "
        "product_attribute:*, product_family:*, price_list:*, price_list_line:*, price_change:list show export",
    }
