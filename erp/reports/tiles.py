"""What the overview shows of reports: computed after the page, and kept a while for all who see the same."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from erp import context
from erp.data.organisation import today
from erp.reports import library, parameters, running
from erp.reports.definitions import Report, Tile
from erp.reports.parameters import Chosen
from erp.reports.totals import Totals

T = TypeVar("T")
FRESH = 120
"""Seconds a figure is kept in this process."""
SECONDS = 5
"""How long a tile may take to compute."""
MOST = 2_000
"""Figures kept at once."""
ROWS = 400
"""Rows a picture is drawn of."""
_kept: dict[tuple[Any, ...], tuple[float, Any]] = {}


@dataclass(frozen=True)
class Asked:
    """A tile the actor sees, with what its report is asked for."""

    report: Report
    tile: Tile

    @property
    def chosen(self) -> Chosen:
        """The parameters its definition gives."""
        return parameters.chosen(self.report, self.tile.parameters)

    def totals(self) -> Totals:
        """What its report comes to; raises as `running.summed` does."""
        return _fresh(self, "totals", lambda: running.summed(self.report, self.chosen, seconds=SECONDS))

    def rows(self) -> Sequence[Sequence[Any]]:
        """The rows of its picture; raises as `running.opened` does."""
        return _fresh(self, "rows", self._read)

    def _read(self) -> Sequence[Sequence[Any]]:
        with running.opened(self.report, self.chosen, limit=ROWS, seconds=SECONDS) as rows:
            return list(rows)


def shown() -> list[Asked]:
    """The tiles of the reports the actor may run, in their order."""
    found = [Asked(report, tile) for report in library.allowed() for tile in report.tiles]
    return sorted(found, key=lambda each: each.tile.order)


def _fresh(asked: Asked, what: str, compute: Callable[[], T]) -> T:
    """What was computed a moment ago for the same tenant, company, reach and day, else anew."""
    acting = context.current()
    reach = (acting.tenant_id, acting.company_id, acting.branches, acting.timezone, acting.language)
    given = tuple(sorted(asked.tile.parameters.items()))
    key = (*reach, today(), asked.report.name, given, what)
    now = time.monotonic()
    if key in _kept and _kept[key][0] > now:
        found: T = _kept[key][1]
        return found
    value = compute()
    if len(_kept) >= MOST:
        _kept.clear()
    _kept[key] = (now + FRESH, value)
    return value
