"""How a month or year stands just now, as a table: each finding with its figures, and who signed for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from erp import _, i18n
from erp.screens import Cell, Column, LinesShown, Row
from plugins.accounting.api import STEPS, ClosingCheck, closing_findings
from plugins.closing.models import CLOSED, ClosingSignature
from plugins.closing.signing import Close, signatures


def of(document: Close, step: str = "") -> list[LinesShown]:
    """The findings of one part or of all: as they are now, or as they were signed for once all is closed."""
    signed = signatures(document)
    found = _signed_for(signed) if document.passed(CLOSED) else closing_findings(*document.span, step)
    heads = [
        Column("part", _("What"), "title"),
        Column("found", _("What is found"), "what"),
        Column("state", _("State"), "state"),
        Column("by", _("Signed for by"), "who"),
    ]
    rows = [_row(f"{place}", each, signed.get(each.step)) for place, each in enumerate(found)]
    return [LinesShown(_("How it stands"), heads, rows, empty=_("Nothing is found."))]


def _signed_for(signed: Mapping[str, ClosingSignature]) -> list[ClosingCheck]:
    return [_told(row) for step in STEPS if step in signed for row in signed[step].findings]


def _told(row: Mapping[str, Any]) -> ClosingCheck:
    return ClosingCheck(row["step"], row["title"], row["found"], row["is_clear"], row["url"])


def _row(key: str, each: ClosingCheck, signature: ClosingSignature | None) -> Row:
    state = Cell(_("In order"), "state", mark="good") if each.is_clear else Cell(_("Not in order"), "state", mark="bad")
    by = Cell("–")
    if signature is not None:
        by = Cell(signature.by, sub=" · ".join(filter(None, (i18n.format_datetime(signature.at), signature.reason))))
    return Row(key, each.title, [
        Cell(each.title, "id", sub=str(STEPS[each.step]), url=each.url),
        Cell(each.found),
        state,
        by,
    ])  # fmt: skip
