from erp import Plugin


class Lonely(Plugin):
    """Lonely. Its actions are wrong."""
