"""The units a company begins with; it may change them and add its own."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from erp import _l

_GIVEN = (
    ("piece", _l("piece"), "count", "1", "1", 0, True),
    ("pair", _l("pair"), "count", "2", "1", 0, True),
    ("dozen", _l("dozen"), "count", "12", "1", 0, True),
    ("set", _l("set"), "other", "1", "1", 0, True),
    ("hour", _l("hour"), "time", "1", "1", 2, False),
    ("minute", _l("minute"), "time", "1", "60", 0, False),
    ("day", _l("day"), "time", "24", "1", 2, False),
    ("gram", _l("gram"), "mass", "1", "1", 2, False),
    ("kilogram", _l("kilogram"), "mass", "1000", "1", 3, False),
    ("tonne", _l("tonne"), "mass", "1000000", "1", 6, False),
    ("carat", _l("carat"), "mass", "0.2", "1", 2, False),
    ("ounce", _l("ounce"), "mass", "28.349523125", "1", 3, False),
    ("pound", _l("pound"), "mass", "453.59237", "1", 3, False),
    ("metre", _l("metre"), "length", "1", "1", 3, False),
    ("centimetre", _l("centimetre"), "length", "0.01", "1", 1, False),
    ("millimetre", _l("millimetre"), "length", "0.001", "1", 0, False),
    ("inch", _l("inch"), "length", "0.0254", "1", 3, False),
    ("foot", _l("foot"), "length", "0.3048", "1", 3, False),
    ("square_metre", _l("square metre"), "area", "1", "1", 3, False),
    ("litre", _l("litre"), "volume", "1", "1", 3, False),
    ("millilitre", _l("millilitre"), "volume", "0.001", "1", 0, False),
)
UNITS: tuple[Mapping[str, Any], ...] = tuple(
    {
        "code": code, "name": name, "dimension": dimension, "factor": Decimal(factor), "per": Decimal(per),
        "places": places, "is_exact": is_exact,
    }
    for code, name, dimension, factor, per, places, is_exact in _GIVEN
)  # fmt: skip
