"""Reports for programs: what there is, and each as JSON with typed values, as CSV or as a sheet."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Response, request
from flask_appbuilder.api import BaseApi, expose

from erp import context
from erp.data.organisation import company
from erp.documents.fields import Field
from erp.errors import Invalid
from erp.i18n import _
from erp.reports import files, library, parameters, running
from erp.reports.definitions import Column, Parameter, ParameterKind, Report
from erp.reports.files import XLSX
from erp.reports.parameters import Chosen
from erp.reports.spans import SPANS
from erp.reports.totals import Totals, places_of
from erp.rest.sent import endpoint

MOST = 10_000
"""Rows of one answer as JSON; files have all of them."""
OWN = frozenset({"sort", "format"})
PLAIN = Field("value")


class ReportApi(BaseApi):
    """Everything below /api/v1/reports."""

    resource_name = "reports"

    @expose("/", methods=["GET"])
    @endpoint()
    def list(self) -> Any:
        """The reports the actor may run, with what each asks and shows."""
        return {"rows": [_described(report) for report in library.allowed()]}

    @expose("/<report>", methods=["GET"])
    @endpoint()
    def get(self, report: str) -> Any:
        """A report, run with what the address says: JSON, or `format=csv` or `format=xlsx`."""
        ending = request.args.get("format", "json")
        found = library.found(report, "show" if ending == "json" else "export")
        chosen, order = _asked(found, ending)
        if ending == "csv":
            content = b"".join(files.csv_of(found, chosen, order=order))
            return Response(content, content_type="text/csv; charset=utf-8")
        if ending == "xlsx":
            with files.xlsx_of(found, chosen, order=order) as path:
                return Response(path.read_bytes(), content_type=XLSX)
        return _run(found, chosen, order)


def _asked(report: Report, ending: str) -> tuple[Chosen, tuple[str, ...]]:
    """What the address asks for; raises Invalid for unknown arguments, which would be silently left out."""
    names = {name for each in report.parameters for name in (each.name, *(each.binds[:2]))}
    errors = {name[:60]: _("There is no such parameter.") for name in request.args if name not in names | OWN}
    if ending not in {"json", "csv", "xlsx"}:
        errors["format"] = _("Choose one of the list.")
    sort = request.args.get("sort", "")
    if sort and report.column(sort.removeprefix("-")) is None:
        errors["sort"] = _("There is no such column.")
    if errors:
        raise Invalid(fields=errors)
    args = {name: request.args.getlist(name)[-1] for name in request.args}
    return parameters.chosen(report, args), (sort,) if sort else ()


def _run(report: Report, chosen: Chosen, order: Sequence[str]) -> dict[str, Any]:
    with running.opened(report, chosen, order=order, limit=MOST + 1) as found:
        rows = list(found)
    is_cut = len(rows) > MOST
    if is_cut:
        whole = running.summed(report, chosen)
    else:
        whole = Totals(report, places_of(report.selected))
        for row in rows:
            whole.add(row)
    return {
        "report": report.name,
        "title": _(report.title),
        "parameters": dict(chosen.args),
        "currency": company().currency if context.current().company_id else "",
        "columns": [_column(column) for column in report.columns],
        "rows": [
            {name: PLAIN.to_json(value) for name, value in zip(report.selected, row, strict=True)}
            for row in rows[:MOST]
        ],
        "totals": [
            {"currency": currency}
            | {column.name: PLAIN.to_json(value) for column, value in zip(whole.columns, values, strict=True)}
            for currency, values in whole.lines()
        ],
        "count": whole.count,
        "is_cut": is_cut,
    }


def _described(report: Report) -> dict[str, Any]:
    return {
        "name": report.name,
        "title": _(report.title),
        "text": _(report.text),
        "plugin": report.plugin,
        "parameters": [_parameter(each) for each in report.parameters],
        "columns": [_column(each) for each in report.columns],
    }


def _parameter(parameter: Parameter) -> dict[str, Any]:
    found: dict[str, Any] = {
        "name": parameter.name,
        "type": str(parameter.kind),
        "label": _(parameter.label),
        "required": parameter.required,
        "default": parameter.default,
    }
    if parameter.kind is ParameterKind.CHOICE:
        found["choices"] = [{"value": value, "label": _(label)} for value, label in parameter.choices]
    if parameter.kind is ParameterKind.PERIOD:
        found["choices"] = [{"value": value, "label": str(label)} for value, (label, _days) in SPANS.items()]
    if parameter.to:
        found["to"] = parameter.to
    return found


def _column(column: Column) -> dict[str, Any]:
    found = {"name": column.name, "type": str(column.kind), "label": _(column.label), "group": column.group}
    return found | ({"currency": column.currency} if column.currency else {})
