from erp import Plugin


class Egg(Plugin):
    """Egg. Comes out of the chicken."""

    depends = ("chicken",)
