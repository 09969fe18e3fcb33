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
    ]
    if is_signed := any(each.step in signed for each in found):
        heads.append(Column("by", _("Signed for by"), "who"))
    rows = [
        Row(f"{place}", each.title, [
            Cell(each.title, "id", sub="" if step else str(STEPS[each.step]), url=each.url), Cell(each.found),
            _state(each), *([_by(each, signed.get(each.step))] if is_signed else []),
        ])
        for place, each in enumerate(found)
    ]  # fmt: skip
    return [LinesShown(_("How it stands"), heads, rows, empty=_("Nothing is found."))]


def _signed_for(signed: Mapping[str, ClosingSignature]) -> list[ClosingCheck]:
    return [_told(row) for step in STEPS if step in signed for row in signed[step].findings]


def _told(row: Mapping[str, Any]) -> ClosingCheck:
    return ClosingCheck(row["step"], row["title"], row["found"], row["is_clear"], row["url"])


def _state(each: ClosingCheck) -> Cell:
    if each.is_clear:
        return Cell(_("In order"), "state", mark="good")
    return Cell(_("Not in order"), "state", mark="bad")


def _by(each: ClosingCheck, signature: ClosingSignature | None) -> Cell:
    """Who signed and when, and why for what was not in order."""
    if signature is None:
        return Cell("–")
    why = "" if each.is_clear else signature.reason
    return Cell(signature.by, sub=" · ".join(filter(None, (i18n.format_datetime(signature.at), why))))
