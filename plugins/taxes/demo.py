"""The taxes of the demo company: value added tax in Kenya, as it was and as it is."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from random import Random
from typing import Any

from erp import create

TYPE = "tax_category"
ANSWERS: dict[str, Any] = {}
CATEGORIES: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("Standard", "A", {"is_default": True}),
    ("Zero-rated", "C", {}),
    ("Exempt", "E", {}),
)
TAXES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("A", {"rate": 14, "kind": "standard", "valid_from": date(2020, 4, 1), "valid_until": date(2020, 12, 31)}),
    ("A", {"rate": 16, "kind": "standard", "valid_from": date(2021, 1, 1)}),
    ("C", {"rate": 0, "kind": "zero", "reason": "Export of goods or taxable services", "valid_from": date(2013, 9, 2)}),
    ("E", {"rate": 0, "kind": "exempt", "reason": "Insurance services are exempt", "valid_from": date(2013, 9, 2)}),
)


def begin() -> None:
    """Three categories, and a rate that was lower for nine months of 2020; there before anything is charged."""
    ids = {code: create(TYPE, {"name": name, "code": code, **values}).id for name, code, values in CATEGORIES}
    for code, values in TAXES:
        create("tax", {"category": ids[code], "name": "VAT", **values, "rate": Decimal(values["rate"])})


def load(_stage: Any, _rng: Random) -> None:
    """Nothing more: taxes stand still all year."""
