from erp import Plugin


class Chicken(Plugin):
    """Chicken. Comes out of the egg."""

    depends = ("egg",)
