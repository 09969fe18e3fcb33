from erp import Plugin


class Parties(Plugin):
    """Parties. People and companies we deal with: a party plays customer and supplier."""

    order = 20
    roles = {  # noqa: RUF012 - read once, never changed
        "Counter": "party:list show add edit",
        "Technician": "party:list show",
        "TENANT_MANAGER": "party:*, party:set_duplicates merge",
    }
