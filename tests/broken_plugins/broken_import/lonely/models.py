from erp import Unicorn


class Pet(Unicorn):
    """Pet. Pets."""
