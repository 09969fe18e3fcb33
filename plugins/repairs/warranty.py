"""What the warranty covers: as the decision table says, or as a person decided otherwise and why."""

from __future__ import annotations

from erp import Invalid, _, i18n
from plugins.repairs.models import COVERAGES, FAULT_KINDS, RepairOrder


def apply(order: RepairOrder, coverage: str, why: str) -> None:
    """Cover parts and labour as the table says, or as was decided otherwise; raises Invalid at the missing reason."""
    decided, reason = order.warranty_override or "", (order.warranty_reason or "").strip()
    if decided and not reason:
        raise Invalid(fields={"warranty_reason": _("Say why, for whoever looks at this later.")})
    outcome = decided or coverage or "none"
    order.covers_parts, order.covers_labour = outcome in {"all", "parts"}, outcome in {"all", "labour"}
    order.under_warranty = outcome == "all"
    text = str(COVERAGES[outcome])
    if decided:
        instead = str(COVERAGES.get(coverage, COVERAGES["none"]))
        order.warranty_decision = _(
            "%(outcome)s: %(reason)s (decided by hand; the table says: %(table)s)",
            outcome=text, reason=reason, table=f"{instead}: {_(why)}" if why else instead,
        )  # fmt: skip
    else:
        order.warranty_decision = f"{text}: {_(why)}" if why else text
    if facts := _facts(order):
        order.warranty_decision = f"{order.warranty_decision}\n{facts}"
    order.recompute()


def _facts(order: RepairOrder) -> str:
    """What the decision was made from."""
    kind = dict(FAULT_KINDS).get(order.fault_kind or "")
    bought = order.purchased_on
    parts = [
        str(kind) if kind else "",
        _("bought on %(day)s", day=i18n.format_date(bought)) if bought else _("nobody knows when it was bought"),
        _("proof seen") if order.has_proof else _("no proof"),
    ]
    return _(", ").join(part for part in parts if part)
