from erp.screens import DocumentView


class RepairOrders(DocumentView):
    """The repair orders' pages; taking in asks what the counter sees, the rest is found out later."""

    type_name = "repair_order"
    add_fields = ("customer", "item", "serial", "fault", "condition", "accessories", "storage", "promised_on")
