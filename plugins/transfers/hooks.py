from __future__ import annotations

from collections.abc import Sequence

from erp import Document, _, _l, i18n, telling
from plugins.accounting.api import Amount, Event, postable
from plugins.stock.models import ZERO
from plugins.transfers import turning_back
from plugins.transfers.models import BUCKETS, Transfer
from plugins.transfers.settling import CHARGED_EVENT

TITLES = {
    "received": _l("received"), "rejected": _l("rejected"), "lost": _l("lost"), "returned": _l("returned"),
    "in_transit": _l("on the way"),
}  # fmt: skip


@postable.answer
def events_of_transfers() -> Sequence[Event]:
    """What a carrier owes for what was lost on the road; the loss itself is told by its moves."""
    return (Event(CHARGED_EVENT, _l("a carrier is charged with what was lost"), (Amount("charge", _l("charge")),)),)


@telling.worked_out.answer
def conserved(document: Document) -> list[telling.Told]:
    """All that was sent, and what has become of it."""
    if not isinstance(document, Transfer) or document.sent_at is None:
        return []
    sums = {name: sum((getattr(line, name) for line in document.lines), ZERO) for name in ("sent", *BUCKETS)}
    parts = [f"{i18n.format_number(sums[name])} {TITLES[name]}" for name in BUCKETS if sums[name]]
    told = _("%(sent)s sent = %(parts)s", sent=i18n.format_number(sums["sent"]), parts=" + ".join(parts))
    return [(_("What became of it"), told, "text")]


@telling.stopped.answer
def turn_back(document: Document, reason: str) -> None:
    """What a stopped transfer picked is free again; what is on the road turns back."""
    if isinstance(document, Transfer):
        turning_back.stop(document, reason)
