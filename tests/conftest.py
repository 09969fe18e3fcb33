"""The project's own tests use the same fixtures as every plugin's."""

from __future__ import annotations

from hypothesis import settings

from tests.chromium import chromium

__all__ = ["chromium"]
settings.register_profile("millrace", deadline=None, derandomize=True, max_examples=50)
settings.load_profile("millrace")
