from __future__ import annotations

from erp import Call


class RingBell(Call):
    """Does not say which document it is about."""

    bell: str
