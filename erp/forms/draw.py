"""From fields and what was typed to what templates draw."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from erp import i18n, money
from erp.documents.fields import Field, Kind
from erp.forms.fields import FormField
from erp.forms.inputs import Choice, Input, LineInput, LinesInput
from erp.forms.lookup import NOTHING, Lookup
from erp.forms.sums import FACTORS, totals
from erp.i18n import _


@dataclass(frozen=True)
class TypedRow:
    """One row of lines as it came: its texts, what they mean and what is wrong; `key` is the line's id."""

    index: int
    key: int | None
    texts: Mapping[str, str]
    values: Mapping[str, Any] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)
    error: str = ""

    def taken(self) -> dict[str, Any]:
        """The typed values with the line's `id`."""
        return {"id": self.key, **self.values}


@dataclass(frozen=True)
class Context:
    """Texts, values and errors of one form or of one row of it."""

    texts: Mapping[str, Any] | None = None
    """What was posted; None shows the values."""
    current: Mapping[str, Any] = field(default_factory=dict)
    values: Mapping[str, Any] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)
    rows: Mapping[str, Sequence[TypedRow]] = field(default_factory=dict)
    currency: str = ""
    lookup: Lookup = NOTHING
    terms: money.Terms | None = None
    adding: str = ""
    prefix: str = ""
    names: Mapping[str, Mapping[int, str]] = field(default_factory=dict)
    """Names of linked records by field, looked up once for all rows."""

    def value(self, entry: Field) -> Any:
        """The present value, the default when there is none yet."""
        if entry.name in self.current:
            return self.current[entry.name]
        return entry.initial

    def text(self, entry: Field) -> str:
        """What stands in the box: what was typed, else the value."""
        if self.texts is not None and not entry.readonly:
            typed = self.texts.get(entry.name, "")
            typed = typed[0] if isinstance(typed, list | tuple) and typed else typed
            return typed if isinstance(typed, str) else ""
        value = self.value(entry)
        return ("1" if value else "") if entry.kind is Kind.BOOLEAN else entry.typed_back(value)


def draw(fields: Iterable[Field], context: Context) -> list[Input]:
    """One input for each field but lines and choices drawn as buttons."""
    asked = [entry for entry in fields if entry.kind is not Kind.LINES and look_of(entry) != "buttons"]
    return [_input(entry, context) for entry in asked]


def look_of(entry: Field) -> str:
    """How a drawn field asked to look, '' for others."""
    return entry.look if isinstance(entry, FormField) else ""


def kind_of(entry: Field) -> str:
    """The kind as templates know it."""
    look = look_of(entry)
    if entry.kind is Kind.FILES:
        return look or "file"
    if entry.kind is Kind.CHOICE and look == "radio":
        return "radio"
    if entry.kind is Kind.DECIMAL:
        return "percent" if entry.unit == "%" else look or entry.kind.value
    return entry.kind.value


def _input(entry: Field, context: Context) -> Input:
    text = context.text(entry)
    found = Input(
        name=context.prefix + entry.name,
        label=str(entry.label),
        kind=kind_of(entry),
        value=text,
        required=entry.required,
        hint=str(entry.help),
        error=context.errors.get(entry.name, ""),
        unit=context.currency if entry.kind is Kind.MONEY else str(entry.unit),
        readonly=entry.readonly,
        wide=entry.kind in {Kind.LONG_TEXT, Kind.FILES},
        hide="\n".join(str(each) for each in entry.hides) if isinstance(entry, FormField) else "",
    )
    if entry.kind is Kind.LINK:
        return _link(found, entry, context)
    if entry.kind is Kind.CHOICE:
        return replace(found, choices=_choices(entry, text))
    if entry.kind is Kind.FILES:
        several = not isinstance(entry, FormField) or entry.several
        return replace(found, value="", files=context.value(entry) or (), multiple=several, accept=entry.accept)
    if entry.kind is Kind.DATE:
        return replace(found, placeholder=_("year-month-day"))
    if entry.kind is Kind.DATETIME:
        return replace(found, placeholder=_("year-month-day hour:minute"))
    if entry.kind in {Kind.TEXT, Kind.EMAIL, Kind.PHONE}:
        return replace(found, max_length=entry.length)
    return replace(found, max_length=entry.longest) if isinstance(entry, FormField) else found


def _link(found: Input, entry: Field, context: Context) -> Input:
    found = replace(found, add_url=context.lookup.add_url(entry))
    plain = found.value.translate(i18n.LATIN)
    key = int(plain) if plain.isdecimal() and len(plain) <= 18 else None
    typed = (context.texts or {}).get(f"{entry.name}__text", "")
    if key is None:
        return replace(
            found, value="", text=typed if isinstance(typed, str) else "", search_url=context.lookup.search_url(entry)
        )
    names = context.names.get(entry.name)
    text = (context.lookup.texts(entry, {key}) if names is None else names).get(key, "")
    return replace(found, value=str(key) if text else "", text=text, search_url=context.lookup.search_url(entry))


def _choices(entry: Field, value: str) -> tuple[Choice, ...]:
    """The choices, with a value of earlier times that is still set."""
    found = tuple(Choice(each, str(label)) for each, label in entry.choices)
    return found if not value or value in dict(entry.choices) else (*found, Choice(value, value))


# -- lines -----------------------------------------------------------------------------------------------


def draw_lines(fields: Iterable[Field], context: Context) -> list[LinesInput]:
    """One table of rows for each lines field."""
    return [_lines(entry, context) for entry in fields if entry.kind is Kind.LINES]


def _lines(entry: Field, context: Context) -> LinesInput:
    entry = replace(entry, fields=tuple(each for each in entry.fields if not _is_idle(each, entry, context)))
    rows = list(_rows_to_draw(entry, context))
    if not rows or context.adding == entry.name:
        rows.append(TypedRow(len(rows), None, {}))
    names, terms = _names(entry, rows, context), context.terms or money.Terms()
    known = {**context.current, **context.values}
    typed = context.texts is not None and not entry.readonly
    present = {row.get("id"): row for row in context.current.get(entry.name) or ()}
    drawn = []
    for place, row in enumerate(rows):
        shown = row.values if not typed else present.get(row.key, {}) if row.key else {}
        inner = Context(
            texts=row.texts if typed and row.texts else None,
            current=shown,
            errors={} if context.adding else row.errors,
            currency=context.currency,
            lookup=context.lookup,
            prefix=f"{entry.name}-{place}-",
            names=names,
        )
        drawn.append(LineInput(str(row.key or ""), _cells(entry, inner), "" if context.adding else row.error))
    empty = Context(currency=context.currency, lookup=context.lookup, names=names)
    return LinesInput(
        name=entry.name,
        label=str(entry.label),
        columns=_cells(entry, empty),
        rows=drawn,
        blank=LineInput("", _cells(entry, replace(empty, prefix=f"{entry.name}-__i__-"))),
        totals=totals(entry.fields, [row.values for row in rows], context.currency, terms, known),
        exponent=money.exponent(context.currency or "USD"),
        currency=context.currency,
        terms=json.dumps(terms.as_json()),
        error=context.errors.get(entry.name, ""),
    )


def _is_idle(column: Field, entry: Field, context: Context) -> bool:
    """Whether nobody types in a column and nothing stands in it either; most figures are worked out meanwhile."""
    rows = context.current.get(entry.name) or ()
    is_quiet = not column.is_number or column.hides_zero
    return column.readonly and is_quiet and not any(row.get(column.name) for row in rows)


def _rows_to_draw(entry: Field, context: Context) -> Iterable[TypedRow]:
    if context.texts is not None and not entry.readonly:
        return context.rows.get(entry.name, ())
    present = context.current.get(entry.name) or ()
    return [TypedRow(place, row.get("id"), {}, dict(row)) for place, row in enumerate(present)]


def _names(entry: Field, rows: Sequence[TypedRow], context: Context) -> dict[str, Mapping[int, str]]:
    links = [each for each in entry.fields if each.kind is Kind.LINK]
    found: dict[str, Mapping[int, str]] = {}
    for each in links:
        keys = {row.values[each.name] for row in rows if isinstance(row.values.get(each.name), int)}
        found[each.name] = context.lookup.texts(each, keys) if keys else {}
    return found


def _cells(entry: Field, context: Context) -> list[Input]:
    counted = any(FACTORS.get(each.name) == "result" for each in entry.fields)
    cells = []
    for each, cell in zip(entry.fields, draw(entry.fields, context), strict=True):
        factor = FACTORS.get(each.name, "") if each.is_number and counted else ""
        factor = "" if factor == "result" and not each.readonly else factor
        cells.append(replace(cell, factor=factor))
    return cells
