"""What somebody asked a report for: read from a form, an address or a program alike, and bound to its SQL."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from erp import context, i18n
from erp.access import can
from erp.data import organisation
from erp.data.base import session
from erp.documents import periods
from erp.documents.types import declared
from erp.errors import Invalid
from erp.i18n import _
from erp.reports import spans
from erp.reports.definitions import Parameter, ParameterKind, Report
from erp.reports.spans import CUSTOM

LONGEST = 200
NONE = "-"
"""An argument that says a parameter is empty though it has a default."""
Args = Mapping[str, str]
Types = Mapping[str, Any]
MOMENT = sa.DateTime(timezone=True)
TYPES: Types = {
    ParameterKind.DATE: sa.Date(),
    ParameterKind.CHOICE: sa.String(),
    ParameterKind.LINK: sa.BigInteger(),
    ParameterKind.TEXT: sa.String(),
    ParameterKind.NUMBER: sa.Numeric(),
    ParameterKind.FLAG: sa.Boolean(),
}
"""How each kind is bound; what is typed is a value of this type and nothing else."""
ALWAYS: Types = {
    "today": sa.Date(), "company": sa.BigInteger(), "currency": sa.String(), "language": sa.String(),
    "timezone": sa.String(), "branches": ARRAY(sa.BigInteger()),
}  # fmt: skip


@dataclass(frozen=True)
class Chosen:
    """The parameters of one run."""

    args: Args
    """As an address and a saved variant have them, the defaults included."""
    values: Mapping[str, Any]
    """By the names they are bound under."""
    texts: tuple[tuple[str, str], ...]
    """(label, value) in words of those that are set."""


def types_of(report: Report) -> dict[str, Any]:
    """{name: type} of everything the SQL of a report may be bound to."""
    found = dict(ALWAYS)
    for parameter in report.parameters:
        if parameter.kind is ParameterKind.PERIOD:
            dates = (sa.Date(), sa.Date(), MOMENT, MOMENT)
            found |= dict(zip(parameter.binds, dates, strict=True))
        else:
            found[parameter.name] = TYPES[parameter.kind]
    return found


def chosen(report: Report, args: Args) -> Chosen:
    """What the arguments ask for, defaults for what they leave out; raises Invalid with a sentence for each."""
    kept: dict[str, str] = {}
    values: dict[str, Any] = dict(_always())
    texts: list[tuple[str, str]] = []
    errors: dict[str, str] = {}
    for parameter in report.parameters:
        try:
            text = asked(parameter, args)
            bound, shown = _read(parameter, text)
        except ValueError as error:
            errors[parameter.name] = str(error)
            continue
        values |= bound
        kept[parameter.name] = text or (NONE if parameter.default else "")
        if shown:
            texts.append((_(parameter.label), shown))
    if errors:
        raise Invalid(_("Some parameters need correcting."), fields=errors)
    return Chosen({name: text for name, text in kept.items() if text}, values, tuple(texts))


def asked(parameter: Parameter, args: Args) -> str:
    """What was typed for a parameter, its default where nothing was; a period may be two days beside it."""
    name = parameter.name
    text = str(args.get(name, parameter.default)).strip()
    if parameter.kind is ParameterKind.PERIOD and text == CUSTOM:
        return f"{args.get(f'{name}_from', '').strip()}..{args.get(f'{name}_to', '').strip()}"
    if len(text) > LONGEST:
        raise ValueError(_("At most %(count)s characters; this has %(found)s.", count=LONGEST, found=len(text)))
    return "" if text == NONE else text


def _always() -> Mapping[str, Any]:
    acting = context.current()
    return {
        "today": organisation.today(),
        "company": acting.company_id,
        "currency": organisation.company().currency if acting.company_id else "",
        "language": acting.language,
        "timezone": acting.timezone,
        "branches": sorted(acting.branches or ()),
    }


def _read(parameter: Parameter, text: str) -> tuple[dict[str, Any], str]:
    """What a text is bound to, and how it reads; ValueError with a sentence."""
    if parameter.kind is ParameterKind.PERIOD:
        return _period(parameter, text)
    field = parameter.field()
    if parameter.kind is ParameterKind.DATE and text == "today":
        value: Any = organisation.today()
    elif parameter.kind is ParameterKind.LINK:
        value = field.parse(text)
        return {parameter.name: value}, _title(parameter.to, value) if value is not None else ""
    else:
        value = field.parse(text)
    bound = {parameter.name: value}
    return bound, "" if value is None or value is False else field.shown(value)


def _period(parameter: Parameter, text: str) -> tuple[dict[str, Any], str]:
    if not text or text == "..":
        if parameter.required:
            raise ValueError(_("Fill this in."))
        return dict.fromkeys(parameter.binds), ""
    first, following = spans.parse(text)
    last = following - timedelta(days=1)
    parts = (first, last, periods.midnight(first), periods.midnight(following))
    return dict(zip(parameter.binds, parts, strict=True)), spans.shown(text)


def _title(type_name: str, row_id: int) -> str:
    """The name of a record the actor may choose; ValueError for any other."""
    kind = declared().get(type_name)
    if kind is not None and can("list", type_name):
        row = session().scalar(sa.select(kind.cls).where(kind.cls.id == row_id))
        if row is not None:
            return row.title
    raise ValueError(_("Choose one of the list."))


def notes(report: Report, chosen_: Chosen) -> list[str]:
    """What the reader of a file should know: what it was asked for."""
    colon = _(":")
    return [f"{label}{colon} {i18n.digits(text)}" for label, text in chosen_.texts]
