"""What files of banks say, whatever their format: pure, no database."""

from __future__ import annotations

from plugins.banking.reading.booked import Booked, Read

__all__ = ["Booked", "Read"]
