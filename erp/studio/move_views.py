"""What the page that moves running documents shows, and the gate's part about them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from erp.access import can
from erp.i18n import _, format_number
from erp.modelling import catalogue, drafts, migrating
from erp.modelling.migrating import Gone, Outlook
from erp.modelling.models import WorkflowDraft
from erp.modelling.rights import SUBJECT
from erp.studio.tabs import tabs
from erp.web.shapes import Link, Tab
from erp.workflow import definitions
from erp.workflow.migration.mapping import Chosen

HOME = "/studio/"
SHOWN = 200
"""Documents the table names; the sums count all."""
AS = "as"
"""Begins the names of what is chosen in the place of what: `as:process:element`."""


@dataclass(frozen=True)
class Standing:
    """One document: where it stands and what becomes of it; kind: good | wait | bad."""

    number: str
    url: str
    version: str
    kind: str
    verdict: str
    reasons: Sequence[str] = ()


@dataclass(frozen=True)
class Summary:
    """How many documents can go and why others cannot."""

    total: int
    movable: int
    staying: int
    share: int
    """Of 100, those that can go."""
    reasons: Sequence[tuple[str, int]] = ()
    unseen: int = 0
    """How many were too many to be judged while somebody waits."""


@dataclass(frozen=True)
class MovePage:
    """millrace/studio_move.html."""

    key: str
    title: str
    number: int
    target: int
    tabs: Sequence[Tab]
    crumbs: Sequence[Link]
    froms: Sequence[tuple[int, str]]
    """(id, what it is called) of the other versions documents run."""
    of: int
    summary: Summary
    gone: Sequence[Gone]
    rows: Sequence[Standing]
    hidden_rows: int
    asks: Sequence[str]
    """What has to be given a reason for."""
    reason: str
    reason_error: str
    error: str
    migrates: bool


@dataclass(frozen=True)
class Asked:
    """What somebody wishes of the page."""

    of: int = 0
    chosen: Chosen = field(default_factory=dict)
    reason: str = ""


def page(key: str, target_id: int, asked: Asked, errors: Mapping[str, str]) -> MovePage:
    """The page of a version documents may go to; raises NotFound."""
    target = migrating.target(key, target_id)
    found = migrating.outlook(key, target, asked.chosen, asked.reason, asked.of or None)
    rows = standing(key, found)
    return MovePage(
        key=key,
        title=catalogue.title(key),
        number=target.number,
        target=target.id,
        tabs=tabs(key, ""),
        crumbs=[
            Link(_("Studio"), HOME), Link(catalogue.title(key), f"{HOME}{key}"),
            Link(_("Versions"), f"{HOME}{key}/versions"),
        ],
        froms=_froms(key, target.id),
        of=asked.of,
        summary=summary(found),
        gone=found.gone,
        rows=rows[:SHOWN],
        hidden_rows=max(0, len(rows) - SHOWN),
        asks=[each.message for each in found.asks],
        reason=asked.reason,
        reason_error=errors.get("reason", ""),
        error=errors.get("", ""),
        migrates=can("migrate", SUBJECT),
    )  # fmt: skip


def _froms(key: str, target_id: int) -> list[tuple[int, str]]:
    used = migrating.running_versions(key)
    return [
        (row.id, _("Version %(number)s", number=format_number(row.number)))
        for row in definitions.versions(key)
        if row.id in used and row.id != target_id
    ]


def summary(found: Outlook) -> Summary:
    """The sums of an outlook."""
    staying = len(found.verdicts) - found.movable
    share = round(100 * found.movable / len(found.verdicts)) if found.verdicts else 0
    unseen = found.total - len(found.verdicts)
    return Summary(found.total, found.movable, staying, share, found.reasons, unseen)


def standing(key: str, found: Outlook) -> list[Standing]:
    """A row for each document judged, those that cannot go first."""
    may_show = can("list", key) and can("show", key)
    rows = []
    for each in sorted(found.verdicts, key=lambda one: one.can_move):
        is_asked = not each.can_move and all(obstacle.is_askable for obstacle in each.obstacles)
        verdict = _("can move") if each.can_move else _("needs a reason") if is_asked else _("stays")
        rows.append(
            Standing(
                each.number,
                f"/{key}/{each.document_id}" if may_show else "",
                format_number(found.numbers.get(each.from_id, 0)),
                "good" if each.can_move else "wait" if is_asked else "bad",
                verdict,
                [obstacle.message for obstacle in each.obstacles],
            )
        )
    return rows


def of_draft(draft: WorkflowDraft) -> Summary | None:
    """What publishing a draft and moving what runs would come to; None where nothing runs, or it cannot."""
    target = migrating.of_draft(draft)
    if target is None or not migrating.running(draft.key, 0):
        return None
    found = summary(migrating.outlook(draft.key, target))
    return found if found.total else None


def default(key: str, target_id: int) -> Chosen:
    """What takes the place of what when somebody comes first: the way back of an earlier move, if there was one."""
    return migrating.remembered(key, drafts.definition(key, target_id))
