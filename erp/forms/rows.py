"""Lines of a document as they arrive: `lines-0-quantity` from a form, a list of objects from a program."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from erp.documents.fields import Field, Kind
from erp.forms.draw import TypedRow
from erp.forms.lookup import Lookup
from erp.i18n import LATIN, _, digits

MOST_ROWS = 2000


def first(raw: Mapping[str, Any], name: str) -> str:
    """The text posted under a name, the first when there are several, '' when none."""
    value = raw.get(name)
    if isinstance(value, list | tuple):
        value = value[0] if value else ""
    return value if isinstance(value, str) else ""


def unchanged(entry: Field, text: str, current: Mapping[str, Any]) -> bool:
    """Whether the text is what the form had shown for the present value."""
    value = current.get(entry.name)
    if value is None or entry.kind in {Kind.BOOLEAN, Kind.LINK}:
        return False
    return text == entry.typed_back(value).replace("\r\n", "\n")


def blank_texts(fields: Iterable[Field]) -> dict[str, str]:
    """What an untouched new row posts."""
    found = {}
    for entry in fields:
        value = entry.initial
        if entry.kind is Kind.BOOLEAN:
            found[entry.name] = "1" if value else ""
        else:
            found[entry.name] = entry.typed_back(value)
    return found


def typed_rows(
    entry: Field, raw: Mapping[str, Any], present: Sequence[Mapping[str, Any]], lookup: Lookup
) -> list[TypedRow]:
    """The rows that were posted and not removed; an untouched new row is left out. ValueError when far too many."""
    pattern = re.compile(rf"{re.escape(entry.name)}-(\d{{1,6}})-(\w.*)")
    posted: dict[int, dict[str, str]] = {}
    for key in raw:
        found = pattern.fullmatch(key)
        if found:
            posted.setdefault(int(found[1]), {})[found[2]] = first(raw, key)
    if len(posted) > MOST_ROWS:
        raise ValueError(_("At most %(count)s lines.", count=MOST_ROWS))
    asked = [each for each in entry.fields if not each.readonly]
    blank = blank_texts(asked)
    known = {row.get("id"): row for row in present}
    rows = []
    for index, texts in sorted(posted.items()):
        line = _key(texts.get("id", ""))
        if texts.get("remove") or (line is None and _untouched(texts, blank)):
            continue
        rows.append(_typed_row(index, line, texts, asked, known, lookup))
    return rows


def _key(text: str) -> int | None:
    plain = text.strip().translate(LATIN)
    return int(plain) if plain.isdecimal() and len(plain) <= 18 else None


def _untouched(texts: Mapping[str, str], blank: Mapping[str, str]) -> bool:
    typed = {name: texts.get(name, "").strip() for name in blank}
    named = any(value.strip() for name, value in texts.items() if name.endswith("__text"))
    return not named and (typed == blank or not any(typed.values()))


def _typed_row(
    index: int,
    key: int | None,
    texts: Mapping[str, str],
    asked: Sequence[Field],
    known: Mapping[Any, Mapping[str, Any]],
    lookup: Lookup,
) -> TypedRow:
    values: dict[str, Any] = {}
    errors: dict[str, str] = {}
    error = _("This line is no longer there. Remove it.") if key is not None and key not in known else ""
    current = known.get(key, {}) if key is not None else {}
    for each in asked:
        text = texts.get(each.name, "")
        try:
            if each.kind is Kind.LINK and not text.strip() and texts.get(f"{each.name}__text", "").strip():
                values[each.name] = lookup.find(each, texts[f"{each.name}__text"].strip())
            elif unchanged(each, text, current):
                value = current[each.name]
                values[each.name] = value if each.kind is Kind.CHOICE else each.check(value)
            else:
                values[each.name] = each.parse(text)
        except ValueError as wrong:
            errors[each.name] = str(wrong)
    return TypedRow(index, key, texts, values, errors, error)


def json_rows(entry: Field, sent: Any, present: Sequence[Mapping[str, Any]], *, partial: bool) -> list[TypedRow]:
    """The rows a program sent: all of them, those with an `id` being changed; ValueError when it is no list."""
    if sent is None:
        sent = []
    if not isinstance(sent, list):
        raise ValueError(_("Send a list of lines."))  # noqa: TRY004 - it is told at the field
    if len(sent) > MOST_ROWS:
        raise ValueError(_("At most %(count)s lines.", count=MOST_ROWS))
    known = {row.get("id"): row for row in present}
    return [_json_row(index, row, entry.fields, known, partial=partial) for index, row in enumerate(sent)]


def _json_row(
    index: int, row: Any, fields: Sequence[Field], known: Mapping[Any, Mapping[str, Any]], *, partial: bool
) -> TypedRow:
    if not isinstance(row, Mapping):
        return TypedRow(index, None, {}, {}, {}, _("Send an object with a value for each field."))
    key = row.get("id")
    if key is not None and (isinstance(key, bool) or not isinstance(key, int) or key not in known):
        return TypedRow(
            index, None, {}, {}, {}, _("There is no line %(id)s in this document.", id=digits(str(key)[:20]))
        )
    errors = Refusals(fields, known.get(key, {}), ("id",)).of(row)
    values: dict[str, Any] = {}
    for each in fields:
        if each.readonly or (partial and key is not None and each.name not in row):
            continue
        try:
            values[each.name] = sent_value(each, row)
        except ValueError as wrong:
            errors[each.name] = str(wrong)
    return TypedRow(index, key, {}, values, errors)


def sent_value(entry: Field, payload: Mapping[str, Any]) -> Any:
    """The typed value a program sent; the default when it sent none. Raises ValueError with a sentence."""
    if entry.name not in payload and entry.default is not None:
        return entry.initial
    value = payload.get(entry.name)
    return entry.from_json(False if value is None and entry.kind is Kind.BOOLEAN else value)


class Refusals:
    """What a program must not send: fields that are not there, and other values for read-only ones."""

    def __init__(self, fields: Sequence[Field], current: Mapping[str, Any], ignored: Collection[str]) -> None:
        self.fields = {entry.name: entry for entry in fields}
        self.current = current
        self.ignored = ignored

    def of(self, payload: Mapping[str, Any]) -> dict[str, str]:
        """A sentence for each such key."""
        errors = {}
        for name, value in payload.items():
            entry = self.fields.get(name)
            if name in self.ignored:
                continue
            if entry is None:
                errors[str(name)] = _("There is no such field.")
            elif entry.readonly and value != entry.to_json(self.current.get(name)):
                errors[name] = _("This field cannot be changed.")
        return errors
