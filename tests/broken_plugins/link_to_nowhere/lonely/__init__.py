from erp import Plugin


class Lonely(Plugin):
    """Lonely. Its models are wrong."""
