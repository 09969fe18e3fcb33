"""The tiles of the overview: figures and pictures of reports, each leading to its report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from urllib.parse import urlencode

from erp import context
from erp.data.organisation import company
from erp.errors import ErpError
from erp.i18n import _
from erp.reports import tiles
from erp.reports.tiles import Asked
from erp.reports.wording import Wording
from erp.screens.report_charts import ChartView, chart_of
from erp.screens.report_tables import Drawing
from erp.web.shapes import Figure


@dataclass(frozen=True)
class PictureTile:
    """A picture of a report."""

    label: str
    url: str
    chart: ChartView


@dataclass(frozen=True)
class TilesPart:
    """millrace/_tiles.html."""

    figures: Sequence[Figure]
    pictures: Sequence[PictureTile]


def part() -> TilesPart:
    """The tiles of the acting member; one that cannot be computed now says so."""
    figures: list[Figure] = []
    pictures: list[PictureTile] = []
    for asked in tiles.shown():
        if asked.tile.column:
            figures.append(_figure(asked))
        elif (picture := _picture(asked)) is not None:
            pictures.append(picture)
    return TilesPart(figures, pictures)


def _url(asked: Asked) -> str:
    query = urlencode(asked.tile.parameters)
    return f"/reports/{asked.report.name}?{query or 'variant=0'}"


def _currency() -> str:
    return company().currency if context.current().company_id else ""


def _figure(asked: Asked) -> Figure:
    label, url = _(asked.tile.label), _url(asked)
    column = asked.report.column(asked.tile.column)
    wording = Wording(asked.report, _currency())
    try:
        totals = asked.totals()
    except ErpError as error:
        return Figure(label, "–", error.message, url=url)
    texts = [
        wording.figure(column, value, currency)
        for currency in totals.currencies
        if column is not None and (value := totals.of(column, currency)) is not None
    ]
    if not texts and column is not None:
        texts = [wording.figure(column, Decimal(0), _currency())]
    sub = _(", ").join(text for _label, text in asked.chosen.texts)
    return Figure(label, _(", ").join(texts), sub, url=url)


def _picture(asked: Asked) -> PictureTile | None:
    try:
        rows = asked.rows()
    except ErpError:
        # the report itself says what is wrong; the overview stays whole without its picture
        return None
    wording = Wording(asked.report, _currency())
    wording.look(rows, None)
    chart = chart_of(Drawing(asked.report, asked.chosen, wording), rows)
    return None if chart is None else PictureTile(_(asked.tile.label), _url(asked), chart)
