"""Whether a form can be asked by a step: what the form itself has wrong, and what the step does not let it change."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from erp.forms import Form
from erp.forms.components import Problem
from erp.i18n import _
from erp.workflow.scripting import scripts

RESERVED = frozenset({*scripts.NAMES, "document"})
"""Names that conditions know already."""

EDITS = "form-edits"
"""Rule that a form fills only what its step may change."""


def judge(form: Form, edits: Collection[str] | None = None) -> Iterator[Problem]:
    """Every problem of a form of this document; `edits` are what the step may change, None where no step asks it."""
    yield from form.problems
    wrong = {each.element for each in form.problems if each.is_error}
    for entry in form.fields:
        if not entry.binds and entry.name in RESERVED:
            message = _("“%(name)s” cannot be the name of an answer.", name=entry.name)
            yield Problem(entry.name, message, entry.part)
        if edits is None or not entry.binds or entry.readonly or entry.name in wrong:
            continue
        if entry.binds not in edits:
            yield Problem(
                entry.name,
                _("It fills “%(field)s”, which the step may not change.", field=str(entry.label) or entry.binds),
                entry.part,
                rule=EDITS,
            )
