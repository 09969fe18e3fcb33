"""What the editors of a form and of a decision table show alike: whose part it is, and how far the draft is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from erp.access import can
from erp.modelling import catalogue, drafts
from erp.modelling.rights import SUBJECT
from erp.studio import views
from erp.studio.tabs import tabs
from erp.web.shapes import Tab
from erp.workflow import definitions


@dataclass(frozen=True, kw_only=True)
class PartPage:
    """The page of an editor; `given` is what its script begins with."""

    key: str
    title: str
    """Of the process."""
    label: str
    said: str
    saved: int
    base: int
    edits: bool
    has_draft: bool
    is_own: bool
    is_shipped: bool
    given: Mapping[str, Any]
    tabs: Sequence[Tab]

    @classmethod
    def of(cls, key: str, tab: str, **own: Any) -> Self:
        """The page of a part of this process, under this tab, with what is its own."""
        draft, drawing = drafts.find(key), drafts.present(key)
        newest = definitions.newest_id(key)
        live = drafts.definition(key, newest) if newest is not None else None
        return cls(
            key=key,
            title=catalogue.title(key),
            label=views.label(draft, live),
            said=views.said(draft),
            saved=draft.version if draft is not None else 0,
            base=drawing.base_id or 0,
            edits=can("edit", SUBJECT),
            has_draft=draft is not None,
            tabs=tabs(key, tab),
            **own,
        )
