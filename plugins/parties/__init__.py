from erp import Plugin, _l


class Parties(Plugin):
    """Parties. People and companies we deal with: a party plays customer and supplier."""

    order = 20
    verbs = {"set_duplicates": _l("Say what happens to duplicates")}  # noqa: RUF012 - read once, never changed
    roles = {  # noqa: RUF012 - read once, never changed
        "Counter": "party:list show add edit",
        "Technician": "party:list show",
        "TENANT_MANAGER": "party:*, party:set_duplicates",
    }
