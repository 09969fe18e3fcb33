"""What the pages of decision tables show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from erp.access import can
from erp.decisions.coverage import CONTRADICTION, EMPTY, NEVER, OVERLAP
from erp.decisions.nodes import Path
from erp.decisions.trials import Asked, Trial, told
from erp.modelling import catalogue, drafts, looking, tables
from erp.modelling.looking import Look
from erp.modelling.rights import SUBJECT
from erp.modelling.tables import Entry
from erp.studio import views
from erp.studio.part_page import PartPage
from erp.studio.table_texts import texts
from erp.studio.tabs import tabs
from erp.web.shapes import Link, Tab
from erp.workflow import definitions

WRONG = frozenset({OVERLAP, CONTRADICTION, NEVER})
"""Findings that make a table fail, or a rule useless, for whoever meets them."""


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


@dataclass(frozen=True, kw_only=True)
class TablePage(PartPage):
    """millrace/studio_table.html."""

    table: str
    name: str
    entries: Sequence[Entry]


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


def editor_page(key: str, table: str) -> TablePage:
    """The editor of one table; raises NotFound."""
    draft, drawing = drafts.find(key), drafts.present(key)
    tables.text(drawing, table)
    entries = tables.entries(drawing)
    return TablePage.of(
        key,
        "Tables",
        table=table,
        name=next((each.title for each in entries if each.key == table), table),
        is_own=draft is not None and table in draft.decisions,
        is_shipped=definitions.shipped_decision(table) is not None,
        entries=entries,
        given={"texts": texts()},
    )


def look_json(key: str, found: Look) -> dict[str, Any]:
    """What the editor is told of a table."""
    choices = looking.choices_of(key)
    return {
        "problem": found.problem,
        "complaints": [
            {"decision": each.decision, "rule": each.rule, "place": each.place, "message": each.message}
            for each in found.complaints
        ],
        "findings": [
            {
                "kind": each.kind,
                "bad": each.kind in WRONG,
                "quiet": each.kind == EMPTY,
                "message": each.message,
                "rules": list(each.rules),
                "cells": list(each.cells),
            }
            for each in found.analysis.findings
        ],
        "unseen": list(looking.unseen(found.analysis)),
        "questions": [_question(each, choices) for each in found.questions],
        "outputs": list(found.outputs),
        "rows": [dict(row) for row in found.rows],
        "trials": [_trial(*each) for each in zip_longest(found.trials, found.before)],
    }


def _question(asked: Asked, choices: Mapping[Path, Sequence[str]]) -> dict[str, Any]:
    return {
        "key": asked.key,
        "label": asked.label,
        "type": asked.type.basic if not asked.type.is_list else "",
        "choices": list(choices.get(asked.path, ())),
    }


def _trial(trial: Trial, before: Trial | None) -> dict[str, Any]:
    was = None if before is None else [told(each) for each in before.outputs]
    return {
        "before": was if was != [told(each) for each in trial.outputs] else None,
        "outputs": [told(each) for each in trial.outputs],
        "fitting": list(trial.fitting),
        "deciding": list(trial.deciding),
        "default": trial.is_default,
        "unmatched": trial.is_unmatched,
        "error": trial.error,
    }
