from erp import Plugin


class Lonely(Plugin):
    """Lonely. Depends on what is not there."""

    depends = ("unicorns",)
