"""What every plugin keeps to: `from erp.testing.conformance import *` in a test module inherits every check.

They run over all plugins there are, or over those the module names: `PLUGINS = ("loans",)`.
"""

from __future__ import annotations

from typing import Any

from erp.testing.conformance import diagrams, pages, plugins, prints, report_files, subjects, tables, types

ROOMS = (plugins, types, diagrams, prints, report_files, tables, pages)
CHECKS = {name: item for room in ROOMS for name, item in vars(room).items() if name.startswith("test_")}


def pytest_generate_tests(metafunc: Any) -> None:
    """Run each check over every plugin, type, diagram, form and print of the plugins wanted."""
    wanted = getattr(metafunc.module, "PLUGINS", None)
    for name, collect in subjects.KINDS.items():
        if name in metafunc.fixturenames:
            found = collect(tuple(wanted) if wanted is not None else None)
            metafunc.parametrize(name, found, ids=str)


globals().update(CHECKS, visit=pages.visit, visitors=pages.visitors)
__all__ = ["pytest_generate_tests", "visit", "visitors", *CHECKS]  # noqa: PLE0604 - collected names
