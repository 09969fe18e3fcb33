"""What the pages of decision tables show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from erp.access import can
from erp.modelling import catalogue, drafts, tables
from erp.modelling.rights import SUBJECT
from erp.modelling.tables import Entry
from erp.studio import views
from erp.studio.tabs import tabs
from erp.web.shapes import Link, Tab


@dataclass(frozen=True)
class TablesPage:
    """millrace/studio_tables.html."""

    key: str
    title: str
    entries: Sequence[Entry]
    saved: int
    edits: bool
    crumbs: Sequence[Link]
    tabs: Sequence[Tab]


def list_page(key: str) -> TablesPage:
    """The tables of a process; raises NotFound."""
    draft = drafts.find(key)
    return TablesPage(
        key,
        catalogue.title(key),
        tables.entries(drafts.present(key)),
        saved=draft.version if draft is not None else 0,
        edits=can("edit", SUBJECT),
        crumbs=views.crumbs(key),
        tabs=tabs(key, "Tables"),
    )
