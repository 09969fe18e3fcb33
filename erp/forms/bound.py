"""Bound: what was typed into a form, what it means and what is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from erp.documents.fields import Field
from erp.errors import Invalid
from erp.forms.draw import Context, TypedRow, draw, draw_lines
from erp.forms.inputs import Input, LinesInput
from erp.forms.lookup import NOTHING, Lookup
from erp.i18n import _
from erp.money import Terms


@dataclass(frozen=True)
class Uploads:
    """The value of a files field: what was sent, and the ids of kept files to drop."""

    added: tuple[Any, ...] = ()
    removed: tuple[int, ...] = ()


@dataclass(frozen=True)
class Bound:
    """A form with what was typed; `values` are typed by field name, lines as mappings with their `id` or None."""

    fields: tuple[Field, ...]
    values: Mapping[str, Any] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)
    """A sentence for each wrong field: `name`, `lines`, `lines-0` or `lines-0-quantity`."""
    raw: Mapping[str, Any] | None = None
    current: Mapping[str, Any] = field(default_factory=dict)
    rows: Mapping[str, Sequence[TypedRow]] = field(default_factory=dict)
    currency: str = ""
    lookup: Lookup = NOTHING
    adding: str = ""
    """The lines field somebody without JavaScript asked one more row of: nothing is to be saved yet."""
    terms: Terms | None = None
    """How the lines are summed."""

    @property
    def ok(self) -> bool:
        """Whether the values may be used."""
        return self.raw is not None and not self.errors and not self.adding

    def checked(self) -> dict[str, Any]:
        """The values; raises Invalid with a sentence for each wrong field."""
        if self.errors:
            raise Invalid(_("Some fields need correcting."), fields=self.errors)
        return dict(self.values)

    def refused(self, errors: Mapping[str, str]) -> Bound:
        """The same form with errors that were found later, while saving; a line's stand at its fields."""
        rows = {
            name: [_refused(name, at, row, errors) for at, row in enumerate(typed)] for name, typed in self.rows.items()
        }
        return replace(self, errors={**self.errors, **errors}, rows=rows)

    @property
    def other_errors(self) -> list[str]:
        """Sentences that belong to no field of this form."""
        names = {entry.name for entry in self.fields}
        return [text for key, text in self.errors.items() if key not in names and key.split("-")[0] not in names]

    def context(self) -> Context:
        """What drawing needs; errors wait while somebody only asks for one more row."""
        return Context(
            texts=self.raw,
            current=self.current,
            values=self.values,
            errors={} if self.adding else self.errors,
            rows=self.rows,
            currency=self.currency,
            lookup=self.lookup,
            terms=self.terms,
            adding=self.adding,
        )

    def inputs(self) -> list[Input]:
        """The fields as templates draw them, without lines and without a choice drawn as buttons."""
        return draw(self.fields, self.context())

    def lines(self) -> list[LinesInput]:
        """The lines as templates draw them."""
        return draw_lines(self.fields, self.context())


def _refused(name: str, place: int, row: TypedRow, errors: Mapping[str, str]) -> TypedRow:
    """A line with the errors that name its place among those that were saved."""
    prefix = f"{name}-{place}-"
    own = {key.removeprefix(prefix): text for key, text in errors.items() if key.startswith(prefix)}
    return replace(row, errors={**row.errors, **own}) if own else row
