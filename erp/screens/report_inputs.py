"""The parameters of a report as boxes: what was typed in them, and what is wrong with it beside each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from werkzeug.datastructures import MultiDict

from erp import i18n
from erp.forms.inputs import Choice, Input
from erp.i18n import _
from erp.reports import spans
from erp.reports.definitions import Parameter, ParameterKind, Report
from erp.reports.parameters import NONE, asked
from erp.reports.spans import CUSTOM, SPANS
from erp.screens.lookups import Records


@dataclass(frozen=True)
class ParameterInput:
    """A parameter's box; a period has two more for days of one's own."""

    box: Input
    first: Input | None = None
    last: Input | None = None


def typed_args(report: Report, sent: MultiDict[str, str]) -> dict[str, str]:
    """The arguments of an address; the last of a name counts, so that a box left empty says so.

    A link whose name was typed, without a browser that looks it up, becomes the one record called so.
    """
    args = {name: sent.getlist(name)[-1] for name in sent}
    for parameter in report.parameters:
        typed = args.pop(f"{parameter.name}__text", "").strip()
        if parameter.kind is ParameterKind.LINK and typed and not args.get(parameter.name):
            args[parameter.name] = _looked_up(parameter, typed)
    return args


def _looked_up(parameter: Parameter, typed: str) -> str:
    try:
        return str(Records().find(parameter.field(), typed))
    except ValueError:
        return typed


def inputs(report: Report, args: Mapping[str, str], errors: Mapping[str, str]) -> list[ParameterInput]:
    """The boxes, with what was asked for in them."""
    return [_input(parameter, args, errors.get(parameter.name, "")) for parameter in report.parameters]


def _input(parameter: Parameter, args: Mapping[str, str], error: str) -> ParameterInput:
    box = Input(
        parameter.name, _(parameter.label), str(parameter.kind), _text(parameter, args),
        required=parameter.required, error=error,
    )  # fmt: skip
    if parameter.kind is ParameterKind.PERIOD:
        return _period(parameter, box, args)
    if parameter.kind is ParameterKind.CHOICE:
        choices = [Choice(value, _(label)) for value, label in parameter.choices]
        return ParameterInput(replace(box, choices=choices, placeholder=_("All")))
    if parameter.kind is ParameterKind.LINK:
        field, known = parameter.field(), Records()
        key = int(box.value) if box.value.isdecimal() and len(box.value) <= 18 else 0
        text = known.texts(field, [key]).get(key, "") if key else ""
        # what could not be looked up stays to be read beside its error
        return ParameterInput(
            replace(box, value=box.value if text else "", text=text or box.value, search_url=known.search_url(field),
                    placeholder=_("All"))
        )  # fmt: skip
    if parameter.kind is ParameterKind.FLAG:
        return ParameterInput(replace(box, kind="boolean"))
    return ParameterInput(
        replace(box, kind="decimal" if parameter.kind is ParameterKind.NUMBER else str(parameter.kind))
    )


def _text(parameter: Parameter, args: Mapping[str, str]) -> str:
    if parameter.kind is ParameterKind.PERIOD:
        return str(args.get(parameter.name, parameter.default))
    try:
        text = asked(parameter, args)
    except ValueError:
        return str(args.get(parameter.name, ""))[:200]
    if parameter.kind is ParameterKind.DATE and text:
        return _day(text)
    return text


def _day(text: str) -> str:
    """A day as the reader types it; what is none stays as it was typed."""
    try:
        return i18n.input_date(spans.day(text))
    except ValueError:
        return text


def _period(parameter: Parameter, box: Input, args: Mapping[str, str]) -> ParameterInput:
    name, text = parameter.name, "" if box.value == NONE else box.value
    first, last = args.get(f"{name}_from", ""), args.get(f"{name}_to", "")
    if ".." in text:
        first, _dots, last = text.partition("..")
        text = CUSTOM
    choices = [Choice(value, str(label)) for value, (label, _days) in SPANS.items()]
    choices.append(Choice(CUSTOM, _("From … to …")))
    box = replace(box, kind="choice", value=text, choices=choices, placeholder=_("Always"))
    return ParameterInput(
        box,
        Input(f"{name}_from", _("From"), "date", _day(first) if first else ""),
        Input(f"{name}_to", _("To"), "date", _day(last) if last else ""),
    )
