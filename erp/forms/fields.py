"""FormField: a Field as an analyst drew it, with the few rules only drawn forms have."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from erp.documents.fields import Field, Kind
from erp.forms.conditions import Condition
from erp.i18n import _

LONGEST_FOR_PATTERN = 200
"""Longer texts are not matched against a pattern: matching must end soon whatever was typed."""


@dataclass(frozen=True)
class FormField(Field):
    """A field of a drawn form; `binds` names the document field it fills, '' for an answer of the task alone."""

    pattern: str = ""
    shortest: int = 0
    longest: int = 0
    """Most characters of a long text, which a plain Field does not limit; 0 for any number."""
    look: str = ""
    """How it is drawn where the kind leaves a choice: radio, buttons, quantity, percent, time."""
    hides: tuple[Condition, ...] = ()
    """It is hidden, and not asked for, while any of these holds."""
    binds: str = ""
    several: bool = True
    """FILES: whether more than one may be sent."""
    as_drawn: bool = False
    """LINES: only the columns drawn are asked, not every field of a line."""
    part: str = ""
    """Id of the component it was drawn as."""

    def parse(self, text: str) -> Any:
        """As every field; a box that must be ticked is not left empty."""
        return self.check(False) if self.kind is Kind.BOOLEAN and not text.strip() else super().parse(text)

    def check(self, value: Any) -> Any:
        """The value if it keeps every rule; ValueError with a sentence otherwise."""
        if self.kind is Kind.BOOLEAN:
            if self.required and not value:
                raise ValueError(_("Tick this to go on."))
            return bool(value)
        value = super().check(value)
        if not isinstance(value, str) or self.kind is Kind.CHOICE:
            return value
        if len(value) < self.shortest:
            raise ValueError(_("At least %(count)s characters.", count=self.shortest))
        if self.longest and len(value) > self.longest:
            raise ValueError(
                _("At most %(count)s characters; this has %(found)s.", count=self.longest, found=len(value))
            )
        if self.pattern and (len(value) > LONGEST_FOR_PATTERN or not re.search(self.pattern, value)):
            raise ValueError(_("This is not written as expected. %(help)s", help=self.help).strip())
        return value

    def of_document(self, source: Field) -> FormField:
        """This field with kind, choices and bounds of the document field it fills; its own label and help win."""
        own = {entry.name: getattr(source, entry.name) for entry in fields(Field)}
        if self.as_drawn:
            drawn = {entry.name for entry in self.fields}
            own["fields"] = tuple(entry for entry in source.fields if entry.name in drawn)
        return replace(
            self,
            **own
            | {
                "name": self.name,
                "label": self.label or source.label,
                "help": self.help or source.help,
                "required": self.required or source.required,
                "readonly": self.readonly or source.readonly,
                "unit": self.unit or source.unit,
                "minimum": source.minimum if self.minimum is None else self.minimum,
                "maximum": source.maximum if self.maximum is None else self.maximum,
            },
        )


def hidden(asked: Sequence[Field], values: Mapping[str, Any]) -> frozenset[str]:
    """Names of the fields hidden by these values; what is hidden counts as not filled in for the others."""
    found: set[str] = set()
    for _round in asked:
        seen = {name: None if name in found else value for name, value in values.items()}
        now = {
            entry.name
            for entry in asked
            if isinstance(entry, FormField) and any(each.holds(seen) for each in entry.hides)
        }
        if now == found:
            break
        found = now
    return frozenset(found)


_QUANTIFIED = re.compile(r"[*+]|\{\d*,?\d*\}")


def pattern_problem(pattern: str) -> str:
    """Why a regular expression is not accepted, '' when it is: it must compile and cannot take long."""
    try:
        re.compile(pattern)
    except re.error as error:
        return str(error)
    plain = re.sub(r"\\.", "_", pattern)
    plain = re.sub(r"\[\^?\]?[^\]]*\]", "_", plain)
    inner = re.compile(r"\(([^()]*)\)(\?|[*+]|\{\d*,?\d*\})?")
    while (found := inner.search(plain)) is not None:
        body, after = found[1], found[2] or ""
        if after not in {"", "?"} and (_QUANTIFIED.search(body) or "|" in body):
            return "a repeated group holds a repetition or alternatives"
        plain = plain[: found.start()] + ("+" if _QUANTIFIED.search(body) else "_") + after + plain[found.end() :]
    return "it repeats without a small limit more than three times" if _long_repetitions(plain) > 3 else ""


def _long_repetitions(pattern: str) -> int:
    """How many parts may repeat more than twenty times."""
    return sum(
        1
        for found in re.finditer(r"[*+]|\{\d*(?:,(\d*))?\}", pattern)
        if found[0] in "*+" or (found[1] is not None and (not found[1] or int(found[1]) > 20))
    )
