"""Signing for the parts of a close: what is found is kept as it stood, what is not clear wants a reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict

import sqlalchemy as sa

from erp import Invalid, _, session, transaction
from plugins.accounting.api import STEPS, closing_findings
from plugins.closing.models import ClosingSignature, MonthEnd, YearEnd

Close = MonthEnd | YearEnd


def sign(document: Close, step: str, reason: str | None) -> None:
    """Keep that the actor signed for a step; raises Invalid at `reason` for what is not clear and nobody explains."""
    found, given = closing_findings(*document.span, step), (reason or "").strip()
    open_ = [each for each in found if not each.is_clear]
    if open_ and not given:
        said = _(
            "%(title)s: %(found)s Put it right, or say why it may be closed all the same.",
            title=open_[0].title, found=open_[0].found,
        )  # fmt: skip
        raise Invalid(fields={"reason": said})
    with transaction():
        session().add(ClosingSignature(
            document_type=document.__tablename__, document_id=document.id, step=step, is_clear=not open_,
            findings=[asdict(each) for each in found], reason=given[:400],
        ))  # fmt: skip
        session().flush()


def signatures(document: Close) -> Mapping[str, ClosingSignature]:
    """The newest signature for each step."""
    statement = sa.select(ClosingSignature).where(
        ClosingSignature.document_type == document.__tablename__, ClosingSignature.document_id == document.id
    )
    return {each.step: each for each in session().scalars(statement.order_by(ClosingSignature.id))}


def refuse_changed(document: Close) -> None:
    """Raise Invalid where a part that was clear when somebody signed for it is not clear any more."""
    clear = {step for step, each in signatures(document).items() if each.is_clear}
    for each in closing_findings(*document.span):
        if each.step in clear and not each.is_clear:
            raise Invalid(
                _("%(step)s was clear when it was signed for. %(title)s: %(found)s Put it right first.",
                  step=str(STEPS[each.step]), title=each.title, found=each.found)
            )  # fmt: skip
