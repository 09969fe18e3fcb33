"""What was decided about a running process, in words: suspended, moved, corrected, skipped; with the reason given."""

from __future__ import annotations

from erp.i18n import _
from erp.workflow.models import WorkflowEvent

TOLD = frozenset({
    "suspended", "resumed", "stopped", "moved", "tried_again", "corrected", "skipped", "sent_down",
})  # fmt: skip


def told(event: WorkflowEvent, step: str) -> tuple[str, str]:
    """(what was decided and why, colour of its dot)."""
    data = event.data
    reason = str(data.get("reason") or "")
    texts = {
        "suspended": _("The process was suspended"),
        "resumed": _("The process goes on"),
        "stopped": _("The process was stopped"),
        "moved": _("Moved from “%(here)s” to “%(there)s”", here=step, there=_(str(data.get("to_name", "")))),
        "tried_again": _("%(step)s: tried again", step=step),
        "corrected": _("%(step)s: put right and sent again", step=step),
        "skipped": _("%(step)s: skipped", step=step),
        "sent_down": _("%(step)s: sent down the error path", step=step),
    }
    text = texts[event.kind]
    if event.kind == "corrected":
        sides = [f"{name}: {before or '–'} → {after or '–'}" for name, (before, after) in data["changes"].items()]
        reason = _(", ").join(sides)
    if reason:
        text = _("%(text)s: “%(reason)s”", text=text, reason=reason)
    if data.get("past"):
        text = _("%(text)s. Past the approval: “%(reason)s”", text=text, reason=data["past"])
    return text, "good" if event.kind == "resumed" else "bad" if event.kind in {"suspended", "stopped"} else ""
