"""What a diagram says to the engine, as people would say it: times, and the conditions of its ways."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from babel.lists import format_list
from babel.units import format_unit

from erp import context
from erp.i18n import _, digits, format_datetime, format_number
from erp.workflow.diagrams import timing
from erp.workflow.diagrams.elements import Timer

_PARTS = re.compile(
    r"P(?:(?P<year>\d+)Y)?(?:(?P<month>\d+)M)?(?:(?P<week>\d+)W)?(?:(?P<day>\d+)D)?"
    r"(?:T(?:(?P<hour>\d+)H)?(?:(?P<minute>\d+)M)?(?:(?P<second>\d+(?:\.\d+)?)S)?)?"
)


@dataclass(frozen=True)
class Named:
    """What people call something a condition asks for, and the values it may have."""

    label: str
    choices: Mapping[str, str] = field(default_factory=dict)


Names = Mapping[str, Named]
"""{`document.total` or `verdict`: what people call it}."""


def duration(text: str) -> str:
    """`P1DT12H` -> `1 day, 12 hours`; the text itself where it is no duration."""
    found = _PARTS.fullmatch(text.strip())
    language = context.current().language
    parts = [(name, value) for name, value in (found.groupdict() if found else {}).items() if value]
    if not parts:
        return text
    said = [format_unit(Decimal(value), f"duration-{name}", length="long", locale=language) for name, value in parts]
    return digits(str(format_list(said, style="unit", locale=language)))


def timer(found: Timer | None) -> str:
    """A timer in words, `after 2 days`, `every day, 3 times`; '' for none."""
    if found is None:
        return ""
    try:
        if found.kind == "duration":
            return _("after %(time)s", time=duration(found.text))
        if found.kind == "date":
            return _("on %(time)s", time=format_datetime(timing.parse_moment(found.text)))
        every = timing.parse_repetition(found.text)
    except timing.TimingInvalid:
        return found.text
    said = duration(found.text.rsplit("/", 1)[-1])
    if every.count is None:
        return _("every %(time)s, without end", time=said)
    return _("every %(time)s, %(count)s times", time=said, count=format_number(every.count))


def condition(text: str, names: Names) -> str:
    """`total > 100 and not urgent` as `Total is above 100 and Urgent is not so`; '' where there are no words."""
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError):
        return ""
    return _said(tree, names)


def _said(node: ast.expr, names: Names) -> str:
    if isinstance(node, ast.BoolOp):
        parts = [_said(each, names) for each in node.values]
        if not all(parts) or any(isinstance(each, ast.BoolOp) for each in node.values):
            return ""
        joint = _(" and ") if isinstance(node.op, ast.And) else _(" or ")
        return joint.join(parts)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        name = path(node.operand)
        return _("%(name)s is not so", name=label_of(name, names)) if name else ""
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        return _compared(node, names)
    name = path(node)
    return _("%(name)s is so", name=label_of(name, names)) if name else ""


def _compared(node: ast.Compare, names: Names) -> str:
    name, [operator], [other] = path(node.left), node.ops, node.comparators
    if not name or not isinstance(other, ast.Constant):
        return ""
    label, value = label_of(name, names), other.value
    if value is None or isinstance(value, bool):
        return _yes_or_no(label, value, is_same=isinstance(operator, ast.Eq | ast.Is))
    words = _operators().get(type(operator))
    return words % {"name": label, "value": value_of(name, value, names)} if words else ""


def _yes_or_no(label: str, value: bool | None, *, is_same: bool) -> str:
    if value is None:
        return _("%(name)s is empty", name=label) if is_same else _("%(name)s is filled in", name=label)
    return _("%(name)s is so", name=label) if value == is_same else _("%(name)s is not so", name=label)


def _operators() -> dict[type[ast.cmpop], str]:
    return {
        ast.Eq: _("%(name)s is %(value)s"),
        ast.NotEq: _("%(name)s is not %(value)s"),
        ast.Lt: _("%(name)s is below %(value)s"),
        ast.LtE: _("%(name)s is at most %(value)s"),
        ast.Gt: _("%(name)s is above %(value)s"),
        ast.GtE: _("%(name)s is at least %(value)s"),
    }


def path(node: ast.expr) -> str:
    """`document.total` or `verdict` of an expression that only names something; '' for any other."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        return f"{node.value.id}.{node.attr}"
    return ""


def label_of(name: str, names: Names) -> str:
    """What people call what a condition reads."""
    if name in names:
        label = names[name].label
        return _("“%(text)s”", text=label) if label.endswith(("?", "؟")) else label
    return name.rsplit(".", maxsplit=1)[-1].replace("_", " ").capitalize()


def value_of(name: str, value: Any, names: Names) -> str:
    """A value as people call it: the label of a choice, a number, else in quotes."""
    known = names.get(name)
    if known is not None and str(value) in known.choices:
        return _("“%(text)s”", text=known.choices[str(value)])
    if isinstance(value, int | float | Decimal):
        return format_number(Decimal(str(value)))
    return _("“%(text)s”", text=value)
