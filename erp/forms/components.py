"""Components of a form-js schema, one function each: what they become here, and what is reported."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from typing import Any

from erp.documents.fields import Kind
from erp.forms import conditions
from erp.forms.conditions import Condition
from erp.forms.fields import FormField, pattern_problem
from erp.forms.layout import Group, Item, Text
from erp.i18n import _, lazy_gettext

LARGEST_DEPTH = 8
KINDS = {
    "textfield": Kind.TEXT,
    "textarea": Kind.LONG_TEXT,
    "number": Kind.DECIMAL,
    "checkbox": Kind.BOOLEAN,
    "radio": Kind.CHOICE,
    "select": Kind.CHOICE,
    "datetime": Kind.DATETIME,
    "filepicker": Kind.FILES,
    "dynamiclist": Kind.LINES,
}
HINTS = {
    "money": Kind.MONEY,
    "phone": Kind.PHONE,
    "email": Kind.EMAIL,
    "quantity": Kind.DECIMAL,
    "percent": Kind.DECIMAL,
}
"""What `properties.kind` may say of a text or number field."""
SILENT = frozenset({"spacer", "button"})
"""Components that mean nothing here: the page has its own buttons."""
TIME = r"^([01]?\d|2[0-3]):[0-5]\d$"


@dataclass(frozen=True)
class Problem:
    """What is wrong with a drawn form, where (the key of the field or the id of the component)."""

    element: str
    message: str
    part: str = ""
    """Id of the component; '' for the form as a whole."""
    is_error: bool = True
    """Whether it forbids publishing; else it only says what is not as it was drawn."""
    rule: str = "form-field"
    """Which rule it breaks: a name that stays the same whatever the message says in which language."""


class Reader:
    """Reads components, collecting fields, texts and problems on the way."""

    def __init__(self, depth: int = 0) -> None:
        self.depth = depth
        self.fields: list[FormField] = []
        self.problems: list[Problem] = []
        self.texts: list[str] = []

    def items(self, components: Any, hides: tuple[Condition, ...] = ()) -> tuple[Item, ...]:
        """The items of a list of components; `hides` come from the groups around them."""
        if not isinstance(components, list):
            self.report({}, _("A group has no list of components."))
            return ()
        if self.depth > LARGEST_DEPTH:
            self.report({}, _("Groups are nested too deeply."))
            return ()
        return tuple(item for part in components if (item := self._item(part, hides)) is not None)

    def report(self, part: Mapping[str, Any], message: str, *, is_error: bool = True) -> None:
        """Keep a problem of a component."""
        where = _text(part, "id")
        self.problems.append(Problem(_text(part, "key") or where, message, where, is_error))

    def label(self, text: str) -> str:
        """The text, translated when it is shown."""
        if text:
            self.texts.append(text)
        return lazy_gettext(text) if text else ""

    def check_conditions(self, items: Sequence[Item]) -> None:
        """Report conditions that ask for a field the form does not have."""
        known = {entry.name for entry in self.fields}
        for item in _flat(items):
            for each in item.hides:
                if each.key not in known:
                    name = item.name if isinstance(item, FormField) else ""
                    message = _("The condition asks for “%(key)s”, which the form does not have.", key=each.key)
                    self.problems.append(Problem(name, message, item.part))

    # -- one component -----------------------------------------------------------------------------------

    def _item(self, part: Any, hides: tuple[Condition, ...]) -> Item | None:
        if not isinstance(part, dict) or not isinstance(part.get("type"), str):
            self.report({}, _("A component has no type."))
            return None
        kind = part["type"]
        if kind in SILENT:
            return None
        hides = hides + self._hides(part)
        if kind == "group":
            return self._group(part, hides)
        if kind in {"text", "html", "separator"}:
            return self._static(part, kind, hides)
        if kind not in KINDS:
            self.report(part, _("Components of type “%(kind)s” are not shown.", kind=kind))
            return None
        found = self._field(part)
        if found is None:
            return None
        found = replace(found, hides=hides)
        if any(entry.name == found.name for entry in self.fields):
            self.report(part, _("The key “%(key)s” is used twice.", key=found.name))
            return None
        self.fields.append(found)
        return found

    def _hides(self, part: Mapping[str, Any]) -> tuple[Condition, ...]:
        expression = _text(_mapping(part, "conditional"), "hide")
        if not expression:
            return ()
        found = conditions.parse(expression)
        if found is None:
            self.report(
                part,
                _(
                    'The condition %(text)s is not understood. Write =key = "value", =key != "value" or =not(key).',
                    text=expression,
                ),
            )
            return ()
        return (found,)

    def _group(self, part: Mapping[str, Any], hides: tuple[Condition, ...]) -> Group:
        if _text(part, "path"):
            self.report(part, _("A group’s path is not used: give its fields keys of their own."), is_error=False)
        source = _text(part, "label")
        self.label(source)
        self.depth += 1
        items = self.items(part.get("components", []), hides)
        self.depth -= 1
        return Group(source, items, hides, _text(part, "id"))

    def _static(self, part: Mapping[str, Any], kind: str, hides: tuple[Condition, ...]) -> Text:
        source = _text(part, "content" if kind == "html" else "text")
        if source.lstrip().startswith("=") or "{{" in source:
            self.report(part, _("Texts with expressions are shown as they stand."), is_error=False)
        self.label(source)
        return Text(kind, source, hides, _text(part, "id"))

    def _field(self, part: Mapping[str, Any]) -> FormField | None:
        key = _text(part, "key") or _text(part, "path")
        if not re.fullmatch(r"[A-Za-z_]\w{0,59}", key) or "__" in key:
            self.report(
                part, _("The key “%(key)s” cannot be used: write letters, digits and single underlines.", key=key)
            )
            return None
        hints = _mapping(part, "properties")
        found = FormField(
            name=key,
            kind=KINDS[part["type"]],
            label=self.label(_text(part, "label")),
            help=self.label(_text(hints, "help") or _text(part, "description")),
            required=_mapping(part, "validate").get("required") is True,
            readonly=part.get("readonly") is True or part.get("disabled") is True,
            unit=_text(hints, "unit") or _text(_mapping(part, "appearance"), "suffixAdorner"),
            binds=_text(hints, "field"),
            part=_text(part, "id"),
        )
        maker = MAKERS.get(part["type"])
        found = self._ruled(maker(self, part, found) if maker else found, part, hints)
        return replace(found, default=self._default(part, found))

    def _ruled(self, found: FormField, part: Mapping[str, Any], hints: Mapping[str, Any]) -> FormField:
        """The field with its validation rules and our own hint of its kind."""
        rules = _mapping(part, "validate")
        hint = _text(hints, "kind") or _text(rules, "validationType")
        if hint == "buttons" and found.kind is Kind.CHOICE:
            found = replace(found, look="buttons")
        elif hint == "signature" and found.kind is Kind.FILES:
            found = replace(found, look="signature")
        elif hint in HINTS and found.kind in {Kind.TEXT, Kind.DECIMAL, Kind.INTEGER}:
            look = hint if hint in {"quantity", "percent"} else found.look
            found = replace(found, kind=HINTS[hint], look=look, unit=found.unit or ("%" if hint == "percent" else ""))
        elif hint and hint != "custom":
            self.report(
                part,
                _("The kind “%(kind)s” does not fit a component of type “%(type)s”.", kind=hint, type=part["type"]),
            )
        pattern = _text(rules, "pattern")
        if pattern and (why := pattern_problem(pattern)):
            self.report(part, _("The pattern is not used: %(why)s.", why=why))
            pattern = ""
        longest = self._count(part, rules, "maxLength")
        return replace(
            found,
            pattern=pattern or found.pattern,
            shortest=self._count(part, rules, "minLength"),
            longest=longest,
            length=min(longest, 2000) if longest else found.length,
            minimum=self._number(part, rules, "min"),
            maximum=self._number(part, rules, "max"),
        )

    def _count(self, part: Mapping[str, Any], rules: Mapping[str, Any], name: str) -> int:
        number = self._number(part, rules, name)
        return int(number) if number is not None and 0 <= number <= 1_000_000 else 0

    def _number(self, part: Mapping[str, Any], rules: Mapping[str, Any], name: str) -> Decimal | None:
        value = rules.get(name)
        if value is None or value == "":
            return None
        try:
            number = Decimal(str(value))
            if number.is_finite() and not isinstance(value, bool):
                return number
        except InvalidOperation:
            pass
        self.report(part, _("“%(name)s” must be a number; expressions are not used.", name=name))
        return None

    def _default(self, part: Mapping[str, Any], found: FormField) -> Any:
        value = part.get("defaultValue")
        if value is None or value == "" or found.kind in {Kind.FILES, Kind.LINES}:
            return None
        try:
            return replace(found, required=False).from_json(value)
        except ValueError as error:
            self.report(part, _("The default value does not fit: %(why)s", why=error))
            return None

    # -- makers ------------------------------------------------------------------------------------------

    def number(self, part: Mapping[str, Any], found: FormField) -> FormField:
        """A decimal, or a whole number when no decimals are allowed."""
        places = part.get("decimalDigits")
        if isinstance(places, int) and not isinstance(places, bool) and 0 <= places <= 6:
            return replace(found, places=places, kind=Kind.DECIMAL if places else Kind.INTEGER)
        return found

    def choice(self, part: Mapping[str, Any], found: FormField) -> FormField:
        """One of the listed values; none are needed when it fills a document field, which has its own."""
        if _text(part, "valuesExpression") or _text(part, "valuesKey"):
            self.report(part, _("Values cannot come from an expression: list them."))
        choices: list[tuple[str, str]] = []
        values = part.get("values")
        for each in values if isinstance(values, list) else []:
            value = each.get("value") if isinstance(each, dict) else None
            if isinstance(value, str | int) and not isinstance(value, bool) and str(value) not in dict(choices):
                choices.append((str(value), self.label(_text(each, "label") or str(value))))
            else:
                self.report(part, _("Every value needs a value of its own, a text or a whole number."))
        if not choices and not found.binds:
            self.report(part, _("There is nothing to choose: list the values."))
        return replace(found, choices=tuple(choices), look="radio" if part["type"] == "radio" else "")

    def moment(self, part: Mapping[str, Any], found: FormField) -> FormField:
        """A day, a time of day as HH:MM, or both."""
        subtype = _text(part, "subtype") or "date"
        label = found.label or self.label(_text(part, "timeLabel" if subtype == "time" else "dateLabel"))
        if subtype == "time":
            return replace(found, kind=Kind.TEXT, look="time", pattern=TIME, length=5, label=label)
        return replace(found, kind=Kind.DATE if subtype == "date" else Kind.DATETIME, label=label)

    def files(self, part: Mapping[str, Any], found: FormField) -> FormField:
        """Files to send."""
        return replace(found, accept=_text(part, "accept"), several=part.get("multiple") is True)

    def lines(self, part: Mapping[str, Any], found: FormField) -> FormField:
        """A list of rows with the fields drawn inside."""
        inner = Reader(self.depth + 1)
        inner.items(part.get("components", []))
        if any(entry.kind in {Kind.LINES, Kind.FILES} for entry in inner.fields):
            inner.report(part, _("A list holds neither lists nor files."))
        if any(entry.hides for entry in inner.fields):
            inner.report(part, _("Conditions are not used inside a list."), is_error=False)
        kept = tuple(replace(e, hides=()) for e in inner.fields if e.kind not in {Kind.LINES, Kind.FILES})
        self.problems += inner.problems
        self.texts += inner.texts
        as_drawn = _text(_mapping(part, "properties"), "columns") == "drawn"
        return replace(found, fields=kept, as_drawn=as_drawn)


MAKERS: Mapping[str, Callable[[Reader, Mapping[str, Any], FormField], FormField]] = {
    "number": Reader.number,
    "radio": Reader.choice,
    "select": Reader.choice,
    "datetime": Reader.moment,
    "filepicker": Reader.files,
    "dynamiclist": Reader.lines,
}


def _text(part: Mapping[str, Any], name: str) -> str:
    value = part.get(name)
    return value.strip() if isinstance(value, str) else ""


def _mapping(part: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = part.get(name)
    return value if isinstance(value, dict) else {}


def _flat(items: Sequence[Item]) -> Iterator[Item]:
    for item in items:
        yield item
        if isinstance(item, Group):
            yield from _flat(item.items)
