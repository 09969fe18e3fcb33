"""What the heat map of a process shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from math import ceil, sqrt
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from erp import context
from erp.data.organisation import today
from erp.documents.fields import Field, Kind
from erp.errors import Invalid
from erp.forms.inputs import Choice
from erp.i18n import _, format_duration, format_number, input_date, parse_date
from erp.modelling import catalogue, drafts, heat
from erp.modelling.checking import kinds
from erp.modelling.heat import Passage
from erp.reports.tables import Table
from erp.studio import views
from erp.studio.tabs import tabs
from erp.web.shapes import Link, Tab
from erp.workflow import definitions
from erp.workflow.diagrams.diagram import Diagram, Element, parse

USUAL = 90
"""Days that are looked at unless somebody asks for others."""
PERIODS = (7, 30, 90, 365)
LEVELS = 5
Args = Mapping[str, str]


@dataclass(frozen=True)
class Asked:
    """What somebody wants to see; `until` is the last day."""

    since: date
    until: date
    number: int
    measure: str


@dataclass(frozen=True)
class Row:
    """One element in words."""

    element: str
    label: str
    kind: str
    times: str
    here: str
    median: str
    p90: str
    waited: str
    worked: str
    share: int | None
    """Of a hundred parts of its time, in how many nobody had it."""
    is_drawn: bool
    level: int


@dataclass(frozen=True)
class Way:
    """One flow of the drawing in words."""

    flow: str
    source: str
    name: str
    target: str
    times: str
    level: int


@dataclass(frozen=True)
class HeatPage:
    """millrace/studio_heat.html."""

    key: str
    title: str
    said: str
    """How many documents are counted."""
    rows: Sequence[Row]
    ways: Sequence[Way]
    marks: Mapping[str, object]
    drawing_url: str
    since: str
    until: str
    measure: str
    versions: Sequence[Choice]
    periods: Sequence[Tab]
    measures: Sequence[Tab]
    csv_url: str
    refused: str
    errors: Mapping[str, str]
    crumbs: Sequence[Link]
    tabs: Sequence[Tab]


def measures() -> dict[str, str]:
    """What the drawing may be coloured by."""
    return {"times": _("How often"), "median": _("Median"), "p90": _("Nine of ten"), "waited": _("Waiting")}


def page(key: str, args: Args) -> HeatPage:
    """The heat map of a process; raises NotFound for one nobody has."""
    asked, errors = _asked(args)
    diagram = parse(_drawn(key, asked.number).bpmn)
    refused, found = "", heat.Heat({}, 0, is_cut=False)
    if not errors:
        try:
            found = _found(key, asked)
        except Invalid as error:
            refused = error.message
    rows, ways = _rows(diagram, found.passages, asked.measure), _ways(diagram, found.taken(diagram))
    of = _id_of(key, asked.number)
    return HeatPage(
        key,
        catalogue.title(key),
        said=_said(found),
        rows=rows,
        ways=ways,
        marks=_marks(rows, ways, asked.measure),
        drawing_url=f"/studio/{key}/drawing?of={of or 'live'}&in={context.current().language}",
        since=args.get("since", input_date(asked.since)),
        until=args.get("until", input_date(asked.until)),
        measure=asked.measure,
        versions=_versions(key, asked.number),
        periods=_periods(key, asked),
        measures=[
            Tab(label, _url(key, asked, measure=name), current=name == asked.measure)
            for name, label in measures().items()
        ],
        csv_url=_url(key, asked).replace("/heat?", "/heat.csv?"),
        refused=refused,
        errors=errors,
        crumbs=views.crumbs(key),
        tabs=tabs(key, "Heat map"),
    )


def table(key: str, args: Args) -> Table:
    """The same as a sheet, times in seconds; raises Invalid for a period that cannot be read."""
    asked, errors = _asked(args)
    if errors:
        raise Invalid(fields=errors)
    diagram = parse(_drawn(key, asked.number).bpmn)
    columns = [
        Field("element", label=_("Name for programs")), Field("name", label=_("Step")), Field("kind", label=_("Kind")),
        Field("times", Kind.INTEGER, label=_("How often")), Field("here", Kind.INTEGER, label=_("There now")),
        Field("median", Kind.INTEGER, label=_("Median"), unit=_("s")),
        Field("p90", Kind.INTEGER, label=_("Nine of ten"), unit=_("s")),
        Field("waited", Kind.INTEGER, label=_("Waiting"), unit=_("s")),
        Field("worked", Kind.INTEGER, label=_("Being worked on"), unit=_("s")),
        Field("share", Kind.INTEGER, label=_("Waiting"), unit="%"),
    ]  # fmt: skip
    passages = _found(key, asked).passages
    rows = [
        [
            each.element, _label(diagram, each), _kind(diagram, each), each.times, each.here,
            *(_seconds(value) for value in (each.median, each.p90, each.waited, each.worked)), _share(each),
        ]
        for each in _ordered(diagram, passages)
    ]  # fmt: skip
    return Table(catalogue.title(key), columns, rows)


def _asked(args: Args) -> tuple[Asked, dict[str, str]]:
    """What the address asks for, and what is wrong with it by field."""
    errors: dict[str, str] = {}
    days = {"since": today() - timedelta(days=USUAL), "until": today()}
    for name in days:
        if text := args.get(name, "").strip():
            try:
                days[name] = parse_date(text)
            except ValueError as error:
                errors[name] = str(error)
    if not errors and days["until"] < days["since"]:
        errors["until"] = _("This day is before the first one.")
    number, measure = args.get("version", ""), args.get("show", "times")
    known = measure if measure in measures() else "times"
    return Asked(days["since"], days["until"], int(number[:6]) if number.isdecimal() else 0, known), errors


def _found(key: str, asked: Asked) -> heat.Heat:
    zone = ZoneInfo(context.current().timezone)
    since, until = (datetime.combine(day, time(), zone) for day in (asked.since, asked.until + timedelta(days=1)))
    return heat.heat(key, since, until, asked.number)


def _id_of(key: str, number: int) -> int:
    """The version of this number, 0 for the one that is live."""
    return next((row.id for row in definitions.versions(key) if number and row.number == number), 0)


def _drawn(key: str, number: int) -> drafts.Drawing:
    found = _id_of(key, number)
    return drafts.version(key, found) if found else drafts.live(key)


def _said(found: heat.Heat) -> str:
    count = format_number(found.documents)
    if found.is_cut:
        return _("The newest %(count)s documents of the period are counted.", count=count)
    return _("Documents begun in the period: %(count)s", count=count)


def _ordered(diagram: Diagram, passages: Mapping[str, Passage]) -> list[Passage]:
    """In the order of the drawing, what is no longer drawn last."""
    order = {id_: place for place, id_ in enumerate(diagram.elements)}
    return sorted(passages.values(), key=lambda each: (order.get(each.element, len(order)), each.element))


def _label(diagram: Diagram, passage: Passage) -> str:
    element = diagram.elements.get(passage.element)
    return _(element.name) if element is not None and element.name else _(passage.name or passage.element)


def _kind(diagram: Diagram, passage: Passage) -> str:
    element: Element | None = diagram.elements.get(passage.element)
    return kinds().get(element.kind, element.kind) if element is not None else _("No longer drawn")


def _rows(diagram: Diagram, passages: Mapping[str, Passage], measure: str) -> list[Row]:
    values = {id_: _value(each, measure) for id_, each in passages.items() if id_ in diagram.elements}
    most = max(values.values(), default=0.0)
    return [
        Row(
            each.element,
            _label(diagram, each),
            _kind(diagram, each),
            format_number(each.times),
            format_number(each.here) if each.here else "–",
            format_duration(each.median),
            format_duration(each.p90),
            format_duration(each.waited),
            format_duration(each.worked),
            _share(each),
            is_drawn=each.element in diagram.elements,
            level=_level(values.get(each.element, 0.0), most),
        )
        for each in _ordered(diagram, passages)
    ]


def _ways(diagram: Diagram, taken: Mapping[str, int]) -> list[Way]:
    """The flows that were taken, in the order of the drawing of what they leave."""
    most = max(taken.values(), default=0)
    order = {id_: place for place, id_ in enumerate(diagram.elements)}
    flows = sorted((each for each in diagram.flows if each.id in taken), key=lambda each: order[each.source])
    return [
        Way(
            each.id,
            _(diagram.elements[each.source].label),
            _(each.name) if each.name else "",
            _(diagram.elements[each.target].label) if each.target in diagram.elements else each.target,
            format_number(taken[each.id]),
            _level(float(taken[each.id]), float(most)),
        )
        for each in flows
    ]


def _value(passage: Passage, measure: str) -> float:
    found: Any = getattr(passage, measure)
    return float(_seconds(found) or 0) if measure != "times" else float(found)


def _level(value: float, most: float) -> int:
    """0 for nothing, else 1 to 5: roots, so that one step that takes weeks leaves the others told apart."""
    return ceil(LEVELS * sqrt(value / most)) if value > 0 and most else 0


def _seconds(value: timedelta | None) -> int | None:
    return round(value.total_seconds()) if value is not None else None


def _share(passage: Passage) -> int | None:
    return round(passage.waiting * 100) if passage.waiting is not None else None


def _marks(rows: Sequence[Row], ways: Sequence[Way], measure: str) -> dict[str, object]:
    """What the browser draws over the diagram; a way takes no time, so it has a colour where it is counted."""
    drawn = [row for row in rows if row.is_drawn]
    flows = [{"id": way.flow, "level": way.level} for way in ways] if measure == "times" else []
    return {
        "heat": [*({"id": row.element, "level": row.level} for row in drawn if row.level), *flows],
        "chips": [
            {"id": row.element, "text": getattr(row, measure), "kind": "heat"}
            for row in drawn
            if getattr(row, measure) != "–"
        ],
    }


def _versions(key: str, number: int) -> list[Choice]:
    rows = definitions.versions(key)
    return [
        Choice("", _("All versions"), current=not number),
        *(
            Choice(
                str(row.number), _("Version %(number)s", number=format_number(row.number)), current=row.number == number
            )
            for row in rows
        ),
    ]


def _periods(key: str, asked: Asked) -> list[Tab]:
    return [
        Tab(
            _("%(count)s days", count=format_number(days)),
            _url(key, asked, since=input_date(today() - timedelta(days=days)), until=input_date(today())),
            current=asked.until == today() and asked.since == today() - timedelta(days=days),
        )
        for days in PERIODS
    ]


def _url(key: str, asked: Asked, *, measure: str = "", since: str = "", until: str = "") -> str:
    given = {
        "since": since or input_date(asked.since),
        "until": until or input_date(asked.until),
        "version": str(asked.number) if asked.number else "",
        "show": measure or asked.measure,
    }
    return f"/studio/{key}/heat?{urlencode({name: value for name, value in given.items() if value})}"
