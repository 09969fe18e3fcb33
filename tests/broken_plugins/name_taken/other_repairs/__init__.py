from erp import Plugin


class Repairs(Plugin):
    """Repairs. Another plugin has this name."""
