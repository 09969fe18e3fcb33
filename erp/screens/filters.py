"""Conditions of a list in words, and the drawer in which one is made: field, operator, values with their counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from werkzeug.datastructures import MultiDict

from erp.access import can
from erp.documents import conditions
from erp.documents.conditions import Filter, means_empty, operators_of
from erp.documents.fields import Field, Kind
from erp.documents.lists import COUNTED
from erp.documents.periods import PERIODS
from erp.documents.types import DocumentType
from erp.errors import NotFound
from erp.forms.inputs import Choice, Input
from erp.i18n import _, format_number
from erp.screens.asked import Asked, addressed, asked_of, meant
from erp.screens.columns import columns_of
from erp.screens.lookups import Records
from erp.web.shapes import Link, State

FILLED = "filled"
"""How the form calls `empty` with `no`."""
OFFERED = 40
"""Most values the drawer counts."""
COUNTED_KINDS = frozenset({Kind.CHOICE, Kind.BOOLEAN, Kind.LINK})


@dataclass(frozen=True)
class Chip:
    """A condition that is set, with the ways to change and to remove it."""

    label: str
    text: str
    edit_url: str
    remove_url: str


@dataclass(frozen=True)
class FilterPart:
    """millrace/_filter.html: which field, or, once that is chosen, what is asked of it."""

    title: str
    action: str
    crumbs: Sequence[Link] = ()
    keep: Sequence[tuple[str, str]] = ()
    fields: Sequence[Link] = ()
    operators: Sequence[Choice] = ()
    boxes: Sequence[Choice] = ()
    """Values to tick, with how many rows each has."""
    is_single: bool = False
    """Of which only one may be ticked."""
    note: str = ""
    value: Input | None = None
    periods: Sequence[Choice] = ()
    error: str = ""
    remove_url: str = ""
    template: str = "millrace/_filter.html"


def operator_words(field: Field) -> dict[str, str]:
    """What the operators of a field are called."""
    of_time = field.kind in {Kind.DATE, Kind.DATETIME}
    found = {
        "eq": _("is"),
        "ne": _("is not"),
        "contains": _("contains"),
        "in": _("is one of"),
        "not_in": _("is none of"),
        "within": _("lies in"),
        "gt": _("after") if of_time else _("more than"),
        "ge": _("from") if of_time else _("at least"),
        "lt": _("before") if of_time else _("less than"),
        "le": _("until") if of_time else _("at most"),
        "empty": _("is empty"),
        FILLED: _("is filled in"),
    }
    names = operators_of(field)
    return {name: found[name] for name in (*names, *((FILLED,) if "empty" in names else ()))}


class Spoken:
    """Conditions as people read them."""

    def __init__(self, states: Mapping[str, State]) -> None:
        self.states, self.lookup = states, Records()

    def chips(self, asked: Asked) -> list[Chip]:
        """The conditions of a list."""
        return [self._chip(asked, entry) for entry in asked.query.filters]

    def _chip(self, asked: Asked, entry: Filter) -> Chip:
        field = asked.query.type.field(entry.field)
        edit = addressed(f"{asked.url}filter", {**asked.args(), "field": entry.field, "was": entry.name})
        return Chip(str(field.label), self.text(field, entry), edit, asked.without(entry))

    def text(self, field: Field, entry: Filter) -> str:
        """`not Quoted, Ready`, `last 30 days`, `from 1 Nov`."""
        if entry.operator == "empty":
            return _("empty") if means_empty(entry.value) else _("filled in")
        if entry.operator == "within":
            return str(PERIODS[entry.value][0]) if entry.value in PERIODS else entry.value
        ways = {"ne": _("not"), "ge": _("from"), "gt": _("more than"), "le": _("until"), "lt": _("less than")}
        ways |= {"contains": _("with"), "not_in": _("not")}
        if field.kind in {Kind.DATE, Kind.DATETIME}:
            ways |= {"gt": _("after"), "lt": _("before")}
        parts = entry.value.split(",") if entry.operator in {"in", "not_in"} else [entry.value]
        text = _(", ").join(self.values(field, parts))
        return f"{ways[entry.operator]} {text}" if entry.operator in ways else text

    def values(self, field: Field, parts: Sequence[str]) -> list[str]:
        """What typed values are called; links in one statement."""
        if field.name == "state":
            return [self.states[part].label if part in self.states else part for part in parts]
        found: list[Any] = [_parsed(field, part) for part in parts]
        if field.kind is Kind.LINK:
            texts = self.lookup.texts(field, {key for key in found if isinstance(key, int)})
            return [texts.get(key, _("nobody")) for key in found]
        return [field.shown(value) if value is not None else part for value, part in zip(found, parts, strict=True)]


def _parsed(field: Field, text: str) -> Any:
    try:
        return field.parse(text)
    except ValueError:
        return None


class Drawer:
    """The form of one condition."""

    def __init__(self, document_type: DocumentType, args: MultiDict[str, str], states: Mapping[str, State]) -> None:
        self.type, self.args, self.states = document_type, args, states
        self.asked = asked_of(document_type, MultiDict((k, v) for k, v in args.items(multi=True) if k not in OWN))
        self.spoken = Spoken(states)
        self.was = next((entry for entry in self.asked.query.filters if entry.name == args.get("was")), None)
        self.error = ""

    def part(self) -> FilterPart | str:
        """The form, or the address of the list once the condition is made."""
        name = self.args.get("field", "")
        if not name:
            return FilterPart(_("Filter"), f"{self.asked.url}filter", self._crumbs(), fields=self._fields())
        field = self.type.field(name)
        if not operators_of(field) or not _may_ask(field):
            raise NotFound(_("Lists cannot be narrowed or sorted by “%(field)s”.", field=field.label))
        if self.args.get("set"):
            try:
                return self._made(field)
            except ValueError as error:
                self.error = str(error)
        return self._form(field)

    def _crumbs(self) -> list[Link]:
        return [Link(str(self.type.plural), self.asked.address())]

    def _fields(self) -> list[Link]:
        url, args = f"{self.asked.url}filter", self.asked.args()
        shown = [entry for entry in columns_of(self.type) if operators_of(entry) and _may_ask(entry)]
        shown = [entry for entry in shown if entry.name != "state" or self.states]
        shown.sort(key=lambda entry: not entry.listed)
        return [Link(str(entry.label), addressed(url, {**args, "field": entry.name})) for entry in shown]

    # -- what was sent -----------------------------------------------------------------------------------

    def _made(self, field: Field) -> str:
        operator = self.args.get("operator", operators_of(field)[0])
        if operator not in operator_words(field):
            raise ValueError(_("Choose one of the list."))
        entry = Filter(field.name, "empty" if operator == FILLED else operator, self._value(field, operator))
        conditions.checked(field, entry)
        others = tuple(e for e in self.asked.query.filters if e != self.was and e.name != entry.name)
        return replace(self.asked, query=replace(self.asked.query, filters=(*others, entry))).address()

    def _value(self, field: Field, operator: str) -> str:
        if operator in {"empty", FILLED}:
            return "no" if operator == FILLED else "1"
        if operator == "within":
            return self.args.get("period", "")
        values = [value.strip() for value in self.args.getlist("value") if value.strip()]
        if field.kind is Kind.LINK:
            typed, text = self.args.get("more", "").strip(), self.args.get("more__text", "").strip()
            values += [typed or meant(field, text)] if typed or text else []
        if not values:
            raise ValueError(_("Choose at least one.") if field.kind in COUNTED_KINDS else _("Fill this in."))
        return ",".join(dict.fromkeys(values))

    # -- the form ----------------------------------------------------------------------------------------

    def _form(self, field: Field) -> FilterPart:
        words = operator_words(field)
        chosen = self.args.get("operator") or self._present_operator(field)
        boxes, note = self._boxes(field) if field.kind in COUNTED_KINDS else ([], "")
        keep = [(name, value) for name, value in self.asked.args().items()]
        keep += [("field", field.name), *([("was", self.was.name)] if self.was else [])]
        return FilterPart(
            title=str(field.label),
            action=f"{self.asked.url}filter",
            crumbs=self._crumbs(),
            keep=keep,
            operators=[Choice(name, text, current=name == chosen) for name, text in words.items()]
            if len(words) > 1
            else (),
            boxes=boxes,
            is_single=field.kind is Kind.BOOLEAN,
            note=note,
            value=self._input(field),
            periods=self._periods() if "within" in words else (),
            error=self.error,
            remove_url=self.asked.without(self.was) if self.was else "",
        )

    def _present_operator(self, field: Field) -> str:
        operator = self.was.operator if self.was else operators_of(field)[0]
        if operator == "empty" and self.was is not None and not means_empty(self.was.value):
            return FILLED
        if field.kind in {Kind.CHOICE, Kind.LINK}:
            return {"eq": "in", "ne": "not_in"}.get(operator, operator)
        return operator

    def _periods(self) -> list[Choice]:
        present = self.args.get("period") or (self.was.value if self.was and self.was.operator == "within" else "")
        return [Choice(name, str(label), current=name == present) for name, (label, _days) in PERIODS.items()]

    def _input(self, field: Field) -> Input | None:
        label = _("Value")
        if field.kind is Kind.LINK:
            url = Records().search_url(field)
            return Input("more", _("Another one"), "link", search_url=url, error=self.error)
        if field.kind in COUNTED_KINDS:
            return None
        kept = self.was.value if self.was and self.was.operator not in {"within", "empty"} else ""
        kind = "date" if field.kind in {Kind.DATE, Kind.DATETIME} else field.kind.value if field.is_number else "text"
        hint = _("year-month-day") if kind == "date" else ""
        return Input(
            "value", label, kind, self.args.get("value", kept), required=True, error=self.error, placeholder=hint
        )

    def _boxes(self, field: Field) -> tuple[list[Choice], str]:
        """The values of a field with their counts under the other conditions, and what the counts leave out."""
        query = replace(
            self.asked.query,
            filters=tuple(entry for entry in self.asked.query.filters if entry.field != field.name),
        )
        counts = query.values(field, OFFERED)
        ticked = self._ticked(field)
        known = self._known(field, [value for value, _count in counts] + ticked)
        by_value = {_key(value): count for value, count in counts}
        boxes = [
            Choice(key, label, sub=format_number(by_value[key]) if key in by_value else format_number(0),
                   current=key in ticked)
            for key, label in known.items()
        ]  # fmt: skip
        capped = sum(by_value.values()) > COUNTED
        return boxes, _("Counted among %(count)s rows.", count=format_number(COUNTED)) if capped else ""

    def _ticked(self, field: Field) -> list[str]:
        values = [value for value in self.args.getlist("value") if value]
        if values or self.was is None or self.was.operator == "empty":
            return values
        return [
            _key(_parsed(field, part)) if field.kind is Kind.BOOLEAN else part for part in self.was.value.split(",")
        ]

    def _known(self, field: Field, values: Sequence[Any]) -> dict[str, str]:
        """The values to tick and what they are called."""
        if field.name == "state" and self.states:
            return {name: state.label for name, state in self.states.items()}
        if field.kind is Kind.BOOLEAN:
            return {"1": _("Yes"), "no": _("No")}
        if field.kind is Kind.CHOICE:
            return {key: str(label) for key, label in field.choices}
        keys = list(dict.fromkeys(_key(value) for value in values if value is not None))
        texts = self.spoken.lookup.texts(field, {int(key) for key in keys if key.isdecimal()})
        return {key: texts[int(key)] for key in keys if key.isdecimal() and int(key) in texts}


OWN = frozenset({"field", "operator", "value", "period", "more", "more__text", "was", "set", "part"})
"""Arguments of the drawer, beside those of the list it is about."""


def _key(value: Any) -> str:
    """A value as its box is called."""
    return ("1" if value else "no") if isinstance(value, bool) else str(value)


def _may_ask(field: Field) -> bool:
    """Whether the actor may see what a field's values are: a link's records need the right to list them."""
    return field.kind is not Kind.LINK or can("list", field.target)


def filter_part(
    document_type: DocumentType, args: MultiDict[str, str], states: Mapping[str, State]
) -> FilterPart | str:
    """What the drawer shows, or where to go once a condition is made."""
    return Drawer(document_type, args, states).part()
