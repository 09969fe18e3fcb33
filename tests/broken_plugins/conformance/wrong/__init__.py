from erp import Plugin


class Wrong(Plugin):
    """Wrong."""

    depends = ("products",)
    roles = {  # noqa: RUF012 - read once, never changed
        "Clerk": "inbox:list sing, nothing:list",
    }
