"""What pytest loads of an installed Millrace: outside `erp`, since it rewrites the whole package it is led to."""

import pytest

pytest.register_assert_rewrite("erp.testing.conformance")
pytest_plugins = ("erp.testing.pytest_plugin",)
