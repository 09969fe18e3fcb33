from erp import Plugin


class Purchasing(Plugin):
    """Purchasing. What is ordered from suppliers: approved, sent, received, billed, and all three compared."""

    depends = ("parties", "products", "currencies", "taxes", "accounting", "stock", "receipts", "invoices")
    order = 33
    roles = {  # noqa: RUF012 - read once, never changed
        "Buyer": "purchase_requisition:list show add edit export, "
        "request_for_quotation:list show add edit export stop, purchase_order:list show add edit export stop, "
        "goods_receipt:list show, supplier_bill:list show, supplier_credit_note:list show, supplier_return:list show, "
        "party:list show add edit, "
        "product:list show see_cost, product_category:list show, location:list show, unit:list show, mailbox:list",
        "Purchasing manager": "purchase_requisition:list show add edit export stop, "
        "request_for_quotation:list show add edit export stop, landed_cost:list show, "
        "purchase_order:list show add edit export stop, goods_receipt:list show export over, "
        "supplier_bill:list show export, supplier_credit_note:list show export, supplier_return:list show export, "
        "party:list show add edit export, "
        "product:list show see_cost, product_category:list show, location:list show, unit:list show",
        "Stock manager": "purchase_requisition:list show add edit export, purchase_order:list show, "
        "goods_receipt:list show add edit export stop over, supplier_return:list show add edit export stop, "
        "party:list show",
        "Storekeeper": "purchase_requisition:list show add edit export, purchase_order:list show, "
        "goods_receipt:list show add edit export, supplier_return:list show add edit export, party:list show",
        "Accountant": "landed_cost:list show add edit export stop, purchase_order:list show export, "
        "goods_receipt:list show export, supplier_bill:list show add edit export stop, "
        "supplier_credit_note:list show add edit export stop, "
        "supplier_return:list show export",
        "TENANT_MANAGER": "purchase_requisition:*, request_for_quotation:*, landed_cost:*, purchase_order:*, "
        "goods_receipt:*, supplier_bill:*, supplier_credit_note:*, supplier_return:*",
    }
