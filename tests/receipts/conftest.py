"""The shop of the repairs, where money is taken."""

from tests.repairs.conftest import shop

__all__ = ["shop"]
