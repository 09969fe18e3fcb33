"""Forms are posted as browsers do."""

from __future__ import annotations

from tests.products.conftest import post

__all__ = ["post"]
