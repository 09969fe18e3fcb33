"""What the pages of the studio show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from erp import context, prepare
from erp.access import can
from erp.errors import NotFound
from erp.forms.inputs import Input
from erp.i18n import _, format_datetime, format_inside, format_number, ngettext
from erp.modelling import catalogue, checking, drafts, library, publishing
from erp.modelling.checking import Remark
from erp.modelling.differences import Change
from erp.modelling.drafts import Drawing
from erp.modelling.library import Entry
from erp.modelling.models import WorkflowDraft
from erp.modelling.placing import Placed, placed
from erp.modelling.rights import SUBJECT
from erp.modelling.trying import Results
from erp.studio import case_results, move_views
from erp.studio.move_views import Summary
from erp.studio.offered import offered
from erp.studio.tabs import tabs
from erp.studio.texts import texts
from erp.web.shapes import Link, Tab
from erp.workflow import definitions
from erp.workflow.models import WorkflowDefinition

HOME = "/studio/"
KEPT = frozenset({"foreign", "pool"})
"""Rules that tell what stays in a file without being read."""


@dataclass(frozen=True)
class Group:
    """Processes under one heading."""

    title: str
    entries: Sequence[Entry]


@dataclass(frozen=True)
class LibraryPage:
    """millrace/studio_library.html."""

    groups: Sequence[Group]
    new_url: str
    needs_second: bool
    sets_second: bool


@dataclass(frozen=True)
class NewPage:
    """millrace/studio_new.html."""

    fields: Sequence[Input]


@dataclass(frozen=True)
class EditorPage:
    """millrace/studio.html."""

    key: str
    title: str
    label: str
    """`v12, draft`"""
    said: str
    """When it was saved last, by whom."""
    saved: int
    base: int
    edits: bool
    publishes: bool
    has_draft: bool
    is_proposed: str
    """Who proposed it, '' for nobody."""
    compares: str
    has_newer_shipped: bool
    groups: Sequence[Group]
    given: Mapping[str, Any]
    tabs: Sequence[Tab]


@dataclass(frozen=True)
class GatePage:
    """millrace/studio_publish.html."""

    key: str
    title: str
    number: int
    saved: int
    sub: str
    changes: Sequence[Change]
    placed: Placed
    is_first: bool
    errors: Sequence[Remark]
    warnings: Sequence[Remark]
    staying: Sequence[tuple[int, int]]
    moving: Summary | None
    """How many of them could move to the new version; None where that cannot be told."""
    moves: bool
    """Whether they are to be moved once it is published."""
    migrates: bool
    is_overtaken: bool
    live_number: int
    needs_second: bool
    proposed_by: str
    """Who proposed it; '' while nobody has."""
    is_own_proposal: bool
    note: str
    tag: str
    refused: str
    note_error: str
    tests: Results | None
    waived: str
    waived_error: str
    publishes: bool
    crumbs: Sequence[Link]


@dataclass(frozen=True)
class VersionRow:
    """A published version as people read it."""

    id: int
    number: int
    tag: str
    note: str
    published_by: str
    proposed_by: str
    published_at: str
    waived: str
    running: int
    is_live: bool
    previous: int
    """Id of the version before it, 0 for the first."""
    elsewhere: int
    """How many documents run another version, and could go to this one."""


@dataclass(frozen=True)
class HistoryPage:
    """millrace/studio_versions.html."""

    key: str
    title: str
    rows: Sequence[VersionRow]
    migrates: bool
    aside: Sequence[tuple[str, str]]
    """Who drew what stands aside in the draft, and when."""
    publishes: bool
    edits: bool
    has_draft: bool
    crumbs: Sequence[Link]


@dataclass(frozen=True)
class ComparisonPage:
    """millrace/studio_compare.html."""

    key: str
    title: str
    before: str
    after: str
    before_title: str
    after_title: str
    changes: Sequence[Change]
    found: Sequence[Mapping[str, str]]
    placed: Placed
    language: str
    crumbs: Sequence[Link]


def library_page() -> LibraryPage:
    """Every process by plugin, and who may do what."""
    return LibraryPage(
        _groups(),
        new_url="/studio/new" if can("edit", SUBJECT) else "",
        needs_second=publishing.needs_second_person(),
        sets_second=can("edit", "setting"),
    )


def _groups() -> list[Group]:
    titles = {name: _(plugin.title) for name, plugin in prepare.loaded().items()}
    found: dict[str, list[Entry]] = {}
    for entry in library.entries() if can("list", SUBJECT) else ():
        found.setdefault(library.heading(entry, titles), []).append(entry)
    return [Group(title, entries) for title, entries in found.items()]


def brought(key: str) -> str:
    """What a file that was brought in comes to: how much of it does not run, and what is only kept."""
    drawing = drafts.present(key)
    remarks = checking.remarks(key, drawing.bpmn, drawing.forms, drawing.decisions)
    wrong, kept = len(checking.errors(remarks)), sum(each.rule in KEPT for each in remarks)
    parts = [_("The file is the draft now.")]
    if wrong:
        parts.append(ngettext("%(num)s thing in it has to be mended before it runs.",
                              "%(num)s things in it have to be mended before it runs.", wrong))  # fmt: skip
    if kept:
        parts.append(ngettext("%(num)s thing is kept though nothing here reads it.",
                              "%(num)s things are kept though nothing here reads them.", kept))  # fmt: skip
    if wrong or kept:
        parts.append(_("The checks below name each."))
    return " ".join(parts)


def editor(key: str) -> EditorPage:
    """The editor of one process; raises NotFound."""
    draft, drawing = drafts.find(key), drafts.present(key)
    newest = definitions.newest_id(key)
    live = drafts.definition(key, newest) if newest is not None else None
    edits = can("edit", SUBJECT)
    remarks = checking.remarks(key, drawing.bpmn, drawing.forms, drawing.decisions)
    has_live = live is not None or definitions.shipped(key) is not None
    return EditorPage(
        key=key,
        title=catalogue.title(key),
        label=label(draft, live),
        said=said(draft),
        saved=draft.version if draft is not None else 0,
        base=drawing.base_id or 0,
        edits=edits,
        publishes=can("publish", SUBJECT),
        has_draft=draft is not None,
        is_proposed=draft.proposed_by if draft is not None else "",
        compares=(_("Compare with version %(number)s", number=format_number(live.number)) if live is not None else _(
            "Compare with the shipped file")) if has_live else "",
        has_newer_shipped=library.has_newer_shipped(key),
        groups=_groups(),
        given={**offered(key, drawing), "texts": texts(), "problems": [remark_json(each) for each in remarks],
               "tests": case_results.as_json(key, drawing)},
        tabs=tabs(key, "Diagram"),
    )  # fmt: skip


def label(draft: WorkflowDraft | None, live: WorkflowDefinition | None) -> str:
    """`Draft of version 13`, `Version 12`, `As shipped`."""
    if draft is not None:
        return (
            _("Draft of version %(number)s", number=format_number(live.number + 1)) if live is not None else _("Draft")
        )
    return _("Version %(number)s", number=format_number(live.number)) if live is not None else _("As shipped")


def said(draft: WorkflowDraft | None) -> str:
    """When the draft was saved last, and by whom; '' for none."""
    if draft is None:
        return ""
    return _("Saved %(when)s, %(who)s", when=format_inside(draft.updated_at), who=draft.author)


def saved_json(draft: WorkflowDraft) -> dict[str, Any]:
    """What the editor is told of a kept draft, its test cases played with what was kept."""
    newest = definitions.newest_id(draft.key)
    live = drafts.definition(draft.key, newest) if newest is not None else None
    return {
        "saved": draft.version,
        "words": _("Saved %(when)s", when=format_inside(draft.updated_at)),
        "label": label(draft, live),
        "tests": case_results.as_json(draft.key, drafts.drawing(draft)),
    }


def remark_json(remark: Remark) -> dict[str, Any]:
    """A problem for the editor."""
    return {
        "element": remark.element,
        "rule": remark.rule,
        "label": remark.label,
        "message": remark.message,
        "error": remark.is_error,
    }


def gate(key: str, errors: Mapping[str, str], typed: Mapping[str, str]) -> GatePage:
    """The publish drawer; raises NotFound while there is no draft."""
    draft = drafts.find(key)
    if draft is None:
        raise NotFound(_("There is no draft to publish."))
    found, title = publishing.preview(draft), catalogue.title(key)
    return GatePage(
        key=key,
        title=title,
        number=found.number,
        saved=draft.version,
        sub=_("%(process)s, drafted by %(who)s", process=title, who=draft.author),
        changes=found.changes,
        placed=found.placed,
        is_first=found.live is None and definitions.shipped(key) is None,
        errors=checking.errors(found.remarks),
        warnings=[each for each in found.remarks if not each.is_error],
        staying=list(found.staying.items()),
        moving=move_views.of_draft(draft) if found.staying else None,
        moves=typed.get("move") == "1",
        migrates=can("migrate", SUBJECT),
        is_overtaken=found.is_overtaken,
        live_number=found.live.number if found.live is not None else 1,
        needs_second=found.needs_second,
        proposed_by=draft.proposed_by,
        is_own_proposal=draft.proposed_by_id == context.current().member_id,
        note=typed.get("note", draft.note),
        tag=typed.get("tag", draft.tag),
        refused=errors.get("", ""),
        note_error=errors.get("note", ""),
        tests=found.tests,
        waived=typed.get("waived", draft.waived),
        waived_error=errors.get("waived", ""),
        publishes=can("publish", SUBJECT),
        crumbs=crumbs(key),
    )


def history(key: str) -> HistoryPage:
    """Every version, the newest first; raises NotFound for a process nobody has."""
    drafts.present(key)
    versions, running, draft = definitions.versions(key), publishing.running(key), drafts.find(key)
    previous = [*(each.id for each in versions[1:]), 0]
    rows = [
        VersionRow(
            id=row.id,
            number=row.number,
            tag=row.tag,
            note=row.note,
            published_by=row.published_by,
            proposed_by=row.proposed_by,
            published_at=format_datetime(row.published_at),
            waived=row.waived,
            running=running.get(row.number, 0),
            is_live=place == 0,
            previous=before,
            elsewhere=sum(running.values()) - running.get(row.number, 0),
        )
        for place, (row, before) in enumerate(zip(versions, previous, strict=True))
    ]
    aside = draft.set_aside if draft is not None else []
    return HistoryPage(
        key,
        catalogue.title(key),
        rows,
        can("migrate", SUBJECT),
        [(each["author"], format_datetime(datetime.fromisoformat(each["at"]))) for each in aside],
        publishes=can("publish", SUBJECT),
        edits=can("edit", SUBJECT),
        has_draft=draft is not None,
        crumbs=crumbs(key),
    )


def comparison(key: str, before: tuple[str, Drawing], after: tuple[str, Drawing]) -> ComparisonPage:
    """Two drawings of a process, each with the name it was asked for by."""
    found = publishing.changes(key, before[1], after[1])
    return ComparisonPage(
        key, catalogue.title(key), before[0], after[0], _called(key, before[0]), _called(key, after[0]), found,
        [asdict(each) for each in found], placed(before[1].bpmn, after[1].bpmn),
        context.current().language, crumbs(key),
    )  # fmt: skip


def _called(key: str, name: str) -> str:
    if name == "shipped":
        return _("Shipped file")
    newest = definitions.newest_id(key)
    if not name.isdecimal() and name not in ("", "draft", "live"):
        return _("Set aside")
    if name in ("", "draft") and drafts.find(key) is not None:
        return _("Draft")
    if name in ("", "draft", "live"):
        if newest is None:
            return _("Shipped file")
        return _("Version %(number)s, live", number=format_number(drafts.definition(key, newest).number))
    return _("Version %(number)s", number=format_number(drafts.definition(key, int(name)).number))


def crumbs(key: str) -> list[Link]:
    """The way back to the editor."""
    return [Link(_("Studio"), HOME), Link(catalogue.title(key), f"/studio/{key}")]
