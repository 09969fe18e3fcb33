"""Every process of a company at a glance: its version, what runs, what is stuck, who changes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import distinct_on

from erp.access import require
from erp.data.base import session
from erp.documents import types
from erp.i18n import _
from erp.modelling.catalogue import title
from erp.modelling.models import WorkflowDraft
from erp.modelling.rights import SUBJECT
from erp.workflow import definitions
from erp.workflow.models import LIVE, OPEN, WorkflowDefinition, WorkflowIncident, WorkflowInstance


@dataclass(frozen=True)
class Entry:
    """A process; `number` is 0 while only its shipped file is there."""

    key: str
    title: str
    plugin: str
    """Name of the plugin its document is of; '' for one that only others call."""
    number: int = 0
    tag: str = ""
    published_at: datetime | None = None
    published_by: str = ""
    running: int = 0
    incidents: int = 0
    draft_by: str = ""
    draft_at: datetime | None = None
    is_proposed: bool = False
    is_shipped: bool = False
    has_newer_shipped: bool = False
    """Whether the shipped file has changed since the company's versions were made."""


def entries() -> list[Entry]:
    """Every process there is, by plugin and title."""
    require("list", SUBJECT)
    newest, drafts = _newest(), _drafts()
    running, incidents = _running(), _incidents()
    shipped = set(definitions.shipped_keys())
    known = _digests()
    found = []
    for key in shipped | newest.keys() | drafts.keys():
        kind, live, draft = types.declared().get(key), newest.get(key), drafts.get(key)
        found.append(
            Entry(
                key=key,
                title=title(key),
                plugin=kind.plugin if kind is not None else "",
                number=live.number if live is not None else 0,
                tag=live.tag if live is not None else "",
                published_at=live.published_at if live is not None else None,
                published_by=live.published_by if live is not None else "",
                running=running.get(key, 0),
                incidents=incidents.get(key, 0),
                draft_by=draft.author if draft is not None else "",
                draft_at=draft.updated_at if draft is not None else None,
                is_proposed=draft is not None and draft.proposed_at is not None,
                is_shipped=key in shipped,
                has_newer_shipped=live is not None and key in shipped and _digest(key) not in known[key],
            )
        )
    order = list(dict.fromkeys(kind.plugin for kind in types.declared().values()))
    return sorted(found, key=lambda each: (order.index(each.plugin) if each.plugin else len(order), each.title))


def has_newer_shipped(key: str) -> bool:
    """Whether a file is shipped for this process that none of its versions is a copy of."""
    known = _digests().get(key)
    return bool(known) and definitions.shipped(key) is not None and _digest(key) not in (known or ())


def _digest(key: str) -> str:
    return sha256(definitions.shipped(key) or b"").hexdigest()


def _digests() -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for key, digest in session().execute(sa.select(WorkflowDefinition.key, WorkflowDefinition.sha256)):
        found.setdefault(key, set()).add(digest)
    return found


def _newest() -> dict[str, Any]:
    versions = (
        sa.select(
            WorkflowDefinition.key, WorkflowDefinition.number, WorkflowDefinition.tag,
            WorkflowDefinition.published_at, WorkflowDefinition.published_by,
        )
        .ext(distinct_on(WorkflowDefinition.key))
        .order_by(WorkflowDefinition.key, WorkflowDefinition.number.desc())
    )  # fmt: skip
    return {row.key: row for row in session().execute(versions)}


def _drafts() -> dict[str, Any]:
    columns = (WorkflowDraft.key, WorkflowDraft.author, WorkflowDraft.updated_at, WorkflowDraft.proposed_at)
    return {row.key: row for row in session().execute(sa.select(*columns))}


def _running() -> Mapping[str, int]:
    counted = (
        sa.select(WorkflowDefinition.key, sa.func.count())
        .join(WorkflowInstance, WorkflowInstance.definition_id == WorkflowDefinition.id)
        .where(WorkflowInstance.status.in_(LIVE))
        .group_by(WorkflowDefinition.key)
    )
    return {row[0]: row[1] for row in session().execute(counted)}


def _incidents() -> Mapping[str, int]:
    counted = (
        sa.select(WorkflowDefinition.key, sa.func.count())
        .join(WorkflowInstance, WorkflowInstance.definition_id == WorkflowDefinition.id)
        .join(WorkflowIncident, WorkflowIncident.instance_id == WorkflowInstance.id)
        .where(WorkflowIncident.status == OPEN)
        .group_by(WorkflowDefinition.key)
    )
    return {row[0]: row[1] for row in session().execute(counted)}


def heading(entry: Entry, titles: Mapping[str, str]) -> str:
    """Under which heading a process stands."""
    return titles.get(entry.plugin, "") or _("Reusable pieces")
