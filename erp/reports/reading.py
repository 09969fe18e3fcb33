"""A report read from its TOML and its SQL; what does not fit is told in one sentence."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from erp.errors import SetupError
from erp.reports.definitions import (
    ALWAYS,
    RATIO,
    Chart,
    Column,
    ColumnKind,
    Link,
    Parameter,
    ParameterKind,
    Report,
    Tile,
)
from erp.reports.spans import SPANS

RESERVED = frozenset({"sort", "format", "variant", "part"})
"""Arguments of a report's address that mean something else."""
TAKEN = frozenset({"tiles"})
"""Names whose address is another page's."""
NAME = re.compile(r"[a-z][a-z0-9_]*")
CHARTS = ("bar", "line", "pie")
FORBIDDEN = re.compile(
    r";|\b(?:insert|update|delete|merge|truncate|drop|alter|create|grant|copy|call)\s", re.IGNORECASE
)  # fmt: skip

"""What no SELECT needs; a READ ONLY transaction of a role without rights stands behind."""
COMMENT = re.compile(r"('(?:[^']|'')*')|--[^\n]*|/\*.*?\*/", re.DOTALL)
"""Comments; a text in quotes is found first, so that what looks like one inside it stays."""
Table = Mapping[str, Any]


class ReportUnfit(SetupError):
    """A report cannot be read."""

    code = "report_unfit"


def read(plugin: str, name: str, toml: str, sql: str) -> Report:
    """The report of two files; raises ReportUnfit saying what is wrong with them."""
    try:
        told = tomllib.loads(toml)
    except tomllib.TOMLDecodeError as error:
        raise ReportUnfit(f"{name}.toml cannot be read: {error}.") from None
    _known(told, name, {"title", "text", "icon", "roles", "sort", "parameters", "columns", "chart", "tile"})
    if name in TAKEN:
        raise ReportUnfit(f"A report cannot be called {name}.")
    report = Report(
        name=_name(name, "the report"),
        plugin=plugin,
        title=_text(told, "title", name),
        sql=_sql(sql, name),
        columns=tuple(_column(each) for each in _tables(told, "columns")),
        text=_text(told, "text", name, required=False),
        icon=_text(told, "icon", name, required=False) or "report-analytics",
        roles=_texts(told, "roles", name),
        parameters=tuple(_parameter(each) for each in _tables(told, "parameters")),
        sort=_texts(told, "sort", name),
        chart=_chart(told.get("chart")),
        tiles=_tiles(told.get("tile", [])),
    )
    _check(report)
    return report


# -- parts -----------------------------------------------------------------------------------------------


def _sql(text: str, name: str) -> str:
    plain = COMMENT.sub(lambda found: found[1] or " ", text).strip()
    if not re.match(r"(select|with)\b", plain, re.IGNORECASE):
        raise ReportUnfit(f"{name}.sql must be one SELECT.")
    if found := FORBIDDEN.search(re.sub(r"'(?:[^']|'')*'", "''", plain)):
        raise ReportUnfit(f"{name}.sql holds “{found[0].strip()}”; a report only reads, by one statement.")
    return plain


def _parameter(told: Table) -> Parameter:
    where = _name(told.get("name", ""), "a parameter")
    _known(told, where, {"name", "type", "label", "default", "required", "choices", "to"})
    found = Parameter(
        name=where,
        kind=_kind(ParameterKind, told, where),
        label=_text(told, "label", where),
        default=_default(told.get("default", "")),
        required=bool(told.get("required", False)),
        choices=_choices(told, where),
        to=_text(told, "to", where, required=False),
    )
    if (found.kind is ParameterKind.LINK) != bool(found.to):
        raise ReportUnfit(f"{where}: a link, and only a link, says `to` which document type it leads.")
    if (found.kind is ParameterKind.CHOICE) != bool(found.choices):
        raise ReportUnfit(f"{where}: a choice, and only a choice, has `choices`.")
    if found.kind is ParameterKind.PERIOD and found.default and found.default not in SPANS:
        raise ReportUnfit(f"{where}: there is no period {found.default}.")
    return found


def _column(told: Table) -> Column:
    where = _name(told.get("name", ""), "a column")
    known = {"name", "type", "label", "total", "group", "currency", "link", "places", "choices"}
    _known(told, where, known)
    total = told.get("total", False)
    ratio = RATIO.fullmatch(total) if isinstance(total, str) else None
    if isinstance(total, str) and ratio is None:
        raise ReportUnfit(f"{where}: total is true, or two columns as in “margin / net”.")
    found = Column(
        name=where,
        kind=_kind(ColumnKind, told, where),
        label=_text(told, "label", where),
        total=total is True,
        ratio=(ratio[1], ratio[2]) if ratio is not None else None,
        group=bool(told.get("group", False)),
        currency=_text(told, "currency", where, required=False),
        link=_link(told["link"], where) if "link" in told else None,
        places=told.get("places"),
        choices=_choices(told, where),
    )
    if (found.total or found.ratio) and not found.is_number:
        raise ReportUnfit(f"{where}: only numbers have totals.")
    if found.currency and found.kind is not ColumnKind.MONEY:
        raise ReportUnfit(f"{where}: only money has a currency.")
    return found


def _link(told: Any, where: str) -> Link:
    if not isinstance(told, Mapping):
        raise ReportUnfit(f'{where}: a link reads like {{ document = "invoice", id = "invoice_id" }}.')
    texts = {str(key): str(value) for key, value in told.items()}
    if "report" in texts:
        return Link(report=texts.pop("report"), given=texts)
    _known(texts, where, {"document", "document_in", "id"})
    if ("document" in texts) == ("document_in" in texts) or "id" not in texts:
        raise ReportUnfit(f"{where}: a link names a document, or the column that does, and the column of its id.")
    return Link(document=texts.get("document", ""), document_in=texts.get("document_in", ""), id=texts["id"])


def _chart(told: Any) -> Chart | None:
    if told is None:
        return None
    _known(told, "chart", {"type", "x", "y"})
    if told.get("type") not in CHARTS:
        raise ReportUnfit(f"A chart is one of {', '.join(CHARTS)}.")
    return Chart(told["type"], _text(told, "x", "chart"), _texts(told, "y", "chart"))


def _tiles(told: Any) -> tuple[Tile, ...]:
    return tuple(_tile(each) for each in (told if isinstance(told, list) else [told]))


def _tile(told: Any) -> Tile:
    _known(told, "tile", {"label", "column", "parameters", "order"})
    given = {str(key): str(value) for key, value in told.get("parameters", {}).items()}
    column = _text(told, "column", "tile", required=False)
    return Tile(_text(told, "label", "tile"), column, given, int(told.get("order", 100)))


# -- what fits together ----------------------------------------------------------------------------------


def _check(report: Report) -> None:
    if not report.columns:
        raise ReportUnfit(f"{report.name} has no columns.")
    for what, names in (("column", report.columns), ("parameter", report.parameters)):
        _once([each.name for each in names], what)
    _among(RESERVED & {each.name for each in report.parameters}, set(), "A parameter cannot be called {}.")
    if len({column.currency for column in report.columns if column.currency}) > 1:
        raise ReportUnfit("All amounts of a row are in one currency.")
    declared = {bind for parameter in report.parameters for bind in parameter.binds}
    _among(report.bound, declared | ALWAYS, "The SQL is bound to :{}, which is no parameter; write a colon as \\:.")
    _among(declared & {each.name for each in report.columns}, set(), "{} is both a parameter and a column.")
    shown = {column.name for column in report.columns}
    if report.chart is not None:
        _among({report.chart.x, *report.chart.y}, shown, "The chart names {}, which is no column.")
    for tile in report.tiles:
        _check_tile(report, tile)
    for column in report.columns:
        given = column.link.given.values() if column.link is not None else ()
        here = {each.removeprefix(":") for each in given if each.startswith(":")}
        _among(
            here, {each.name for each in report.parameters}, f"{column.name} links with {{}}, which is no parameter."
        )
    for name in report.sort:
        _name(name.removeprefix("-"), "sort")


def _check_tile(report: Report, tile: Tile) -> None:
    _among(set(tile.parameters), {each.name for each in report.parameters}, "The tile gives {}, which is no parameter.")
    if not tile.column and report.chart is None:
        raise ReportUnfit("A tile names a column, or its report has a chart.")
    column = report.column(tile.column)
    if tile.column and (column is None or not (column.total or column.ratio)):
        raise ReportUnfit(f"The tile shows {tile.column}, which is no column with a total.")


def _among(names: Collection[str], known: Collection[str], sentence: str) -> None:
    if wrong := sorted(set(names) - set(known)):
        raise ReportUnfit(sentence.format(wrong[0]))


def _once(names: Sequence[str], what: str) -> None:
    if twice := {name for name in names if names.count(name) > 1}:
        raise ReportUnfit(f"There are two {what}s called {min(twice)}.")


# -- values ----------------------------------------------------------------------------------------------


def _known(told: Table, where: str, keys: Collection[str]) -> None:
    if wrong := sorted(set(told) - set(keys)):
        raise ReportUnfit(f"{where} does not know “{wrong[0]}”.")


def _name(value: Any, what: str) -> str:
    if not isinstance(value, str) or not NAME.fullmatch(value):
        raise ReportUnfit(f"{what} needs a name of small letters, digits and underscores, not {value!r}.")
    return value


def _text(told: Table, key: str, where: str, *, required: bool = True) -> str:
    value = told.get(key, "")
    if not isinstance(value, str) or (required and not value.strip()):
        raise ReportUnfit(f"{where} needs a {key}.")
    return value


def _texts(told: Table, key: str, where: str) -> tuple[str, ...]:
    value = told.get(key, [])
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise ReportUnfit(f"{where}: {key} is a list of texts.")
    return tuple(value)


def _tables(told: Table, key: str) -> list[Table]:
    value = told.get(key, [])
    if not isinstance(value, list) or not all(isinstance(each, Mapping) for each in value):
        raise ReportUnfit(f"Write each of the {key} as [[{key}]].")
    return value


def _choices(told: Table, where: str) -> tuple[tuple[str, str], ...]:
    found = told.get("choices", {})
    if not isinstance(found, Mapping):
        raise ReportUnfit(f'{where}: choices read like {{ day = "By day" }}.')
    return tuple((str(value), str(label)) for value, label in found.items())


def _default(value: Any) -> str:
    if isinstance(value, bool):
        return "1" if value else ""
    return str(value)


def _kind(kinds: Any, told: Table, where: str) -> Any:
    try:
        return kinds(told.get("type"))
    except ValueError:
        raise ReportUnfit(f"{where}: its type is one of {', '.join(kinds)}.") from None
