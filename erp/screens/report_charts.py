"""The picture of a report: what is drawn, as the browser's script reads it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from erp.i18n import _
from erp.reports.definitions import Column
from erp.screens.report_tables import Drawing

SLICES = 7
"""Slices of a pie; what is left is one more."""
Points = dict[Any, list[Decimal]]


@dataclass(frozen=True)
class ChartView:
    """A canvas: what the script draws, and what a reader who sees none is told."""

    told: str
    label: str
    kind: str


def chart_of(drawing: Drawing, rows: Sequence[Sequence[Any]]) -> ChartView | None:
    """The picture of these rows; None without one, and where amounts are of several currencies."""
    chart, wording = drawing.report.chart, drawing.wording
    if chart is None or len(rows) < 2 or wording.only is None:
        return None
    x, *ys = (column for name in (chart.x, *chart.y) if (column := drawing.report.column(name)) is not None)
    points, firsts = _points(drawing, x, ys, rows)
    keys = sorted(points) if all(isinstance(key, date) for key in points) else list(points)
    texts = [wording.cell(x, firsts[key]) for key in keys]
    urls = [drawing.url(x, firsts[key]) for key in keys]
    figures = [points[key] for key in keys]
    if chart.kind == "pie" and len(keys) > SLICES + 1:
        rest = [sum((each[place] for each in figures[SLICES:]), Decimal(0)) for place in range(len(ys))]
        texts, urls, figures = [*texts[:SLICES], _("Others")], [*urls[:SLICES], ""], [*figures[:SLICES], rest]
    series = [
        {
            "label": wording.label(y),
            # a picture's heights, not amounts
            "values": [float(each[place]) for each in figures],
            "texts": [wording.text(y, each[place]) for each in figures],
        }
        for place, y in enumerate(ys)
    ]
    told = {"kind": chart.kind, "labels": texts, "urls": urls, "series": series}
    label = _("%(what)s by %(by)s", what=_(", ").join(_(y.label) for y in ys), by=_(x.label))
    return ChartView(json.dumps(told, ensure_ascii=False), label, chart.kind)


def _points(
    drawing: Drawing, x: Column, ys: Sequence[Column], rows: Sequence[Sequence[Any]]
) -> tuple[Points, dict[Any, Sequence[Any]]]:
    """{what stands below: the sums over it}, and the first row of each."""
    places = drawing.wording.places
    points: Points = {}
    firsts: dict[Any, Sequence[Any]] = {}
    for row in rows:
        key = row[places[x.name]]
        if key is None:
            continue
        firsts.setdefault(key, row)
        sums = points.setdefault(key, [Decimal(0)] * len(ys))
        for place, y in enumerate(ys):
            sums[place] += row[places[y.name]] or 0
    return points, firsts
