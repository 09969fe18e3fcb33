"""Checks of prints: every template is tried with its example, and with next to nothing."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from erp.reports.prints import print_document
from erp.testing.conformance.subjects import Shipped, tell
from erp.testing.conformance.texts import untranslated_in_template

KEPT = frozenset({"number", "currency", "date", "language"})
"""What even an empty document has."""


def _example(template: Shipped) -> dict[str, Any]:
    """The example beside the template: `loan_order.json` for `loan_order.html`."""
    path = template.path.with_suffix(".json")
    assert path.is_file(), f"Put an example of what {template.path.name} prints beside it, as {path.name}."
    found: dict[str, Any] = json.loads(path.read_bytes())
    return found


def _emptied(value: Any, name: str = "") -> Any:
    if isinstance(value, Mapping):
        return {key: _emptied(inner, key) for key, inner in value.items()}
    if isinstance(value, list):
        return []
    return "" if isinstance(value, str) and name not in KEPT else value


@pytest.mark.parametrize("language", ["en", "fa"])
def test_a_full_document_prints(template: Shipped, language: str) -> None:
    """The example becomes a PDF, left to right and right to left."""
    pdf = print_document(f"{template.plugin}/{template.path.name}", _example(template), language=language)
    assert pdf.startswith(b"%PDF"), f"{template.path.name} does not become a PDF."


def test_an_empty_document_prints(template: Shipped) -> None:
    """Nothing filled in is no reason to fail."""
    pdf = print_document(f"{template.plugin}/{template.path.name}", _emptied(_example(template)), language="en")
    assert pdf.startswith(b"%PDF"), f"{template.path.name} does not become a PDF."


def test_texts_of_a_print_can_be_translated(template: Shipped) -> None:
    """Every word on paper goes through `_`."""
    found = untranslated_in_template(template.path.read_text())
    tell([f"{template.path.name}:{line} “{words}”" for line, words in found])
