"""Whether what somebody changes is still as they saw it."""

from __future__ import annotations

from erp.data.audit import history
from erp.data.base import session
from erp.documents.base import Record
from erp.documents.types import DocumentType
from erp.errors import StaleVersion
from erp.i18n import _


def check_version(kind: DocumentType, row: Record, version: int) -> None:
    """Raise StaleVersion, with the others' changes, when `version` is not the newest of a row."""
    if row.version == version:
        return
    newest = history(session, kind.name, row.id)[: max(row.version - version, 1)]
    told = [
        {"field": name, "before": before, "after": after, "actor": entry.actor, "at": entry.at.isoformat()}
        for entry in newest
        for name, (before, after) in entry.changes.items()
        if name not in kind.hidden
    ]
    raise StaleVersion(
        _(
            "%(who)s changed this while you were editing. Look at the change, then save again.",
            who=row.updated_by or _("Somebody"),
        ),
        detail={"version": row.version, "changes": told},
    )
