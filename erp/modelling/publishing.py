"""The gate: what a draft would change and for how many, a second person where the company asks for one, the version."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from erp import clock, context
from erp.access import colleagues_who_may, require
from erp.data.base import repeated, session
from erp.data.settings import read_setting, write_setting
from erp.errors import Conflict, Invalid, NotFound, StaleVersion
from erp.i18n import _
from erp.modelling import catalogue, checking, drafts, trying
from erp.modelling.checking import Remark
from erp.modelling.differences import Change, differences
from erp.modelling.drafts import Drawing
from erp.modelling.form_differences import form_differences
from erp.modelling.models import WorkflowDraft
from erp.modelling.placing import Placed, placed
from erp.modelling.rights import SUBJECT
from erp.modelling.table_differences import table_differences
from erp.modelling.trying import Results
from erp.notifications import notify
from erp.workflow import definitions
from erp.workflow.diagrams.diagram import DiagramInvalid, parse
from erp.workflow.models import LIVE, WorkflowDefinition, WorkflowInstance

SECOND_PERSON = "modelling.second_person"
PROPOSED = "version_proposed"


@dataclass(frozen=True)
class Preview:
    """What publishing would do."""

    number: int
    """The number the version would get."""
    live: WorkflowDefinition | None
    """The version new documents run now."""
    remarks: Sequence[Remark]
    changes: Sequence[Change]
    placed: Placed
    """What is only drawn elsewhere, and where what is gone stood."""
    staying: Mapping[int, int]
    """{number of a version: documents that go on running it}"""
    is_overtaken: bool
    """Whether a version was published since the draft was begun."""
    needs_second: bool
    tests: Results | None
    """What its test cases come to; None where the drawing cannot be run."""


def needs_second_person() -> bool:
    """Whether this company publishes by two."""
    return bool(read_setting(SECOND_PERSON, default=False))


@repeated
def ask_for_second_person(*, wanted: bool) -> None:
    """Set whether a second person must agree; raises Forbidden."""
    require("edit", "setting")
    write_setting(SECOND_PERSON, wanted)


def running(key: str) -> dict[int, int]:
    """{number of a version: its running documents}, the newest first."""
    counted = (
        sa.select(WorkflowDefinition.number, sa.func.count())
        .join(WorkflowInstance, WorkflowInstance.definition_id == WorkflowDefinition.id)
        .where(WorkflowDefinition.key == key, WorkflowInstance.status.in_(LIVE))
        .group_by(WorkflowDefinition.number)
        .order_by(WorkflowDefinition.number.desc())
    )
    return {row[0]: row[1] for row in session().execute(counted)}


def preview(draft: WorkflowDraft) -> Preview:
    """What publishing this draft would do now."""
    newest = definitions.newest_id(draft.key)
    row = drafts.definition(draft.key, newest) if newest is not None else None
    live = _live(draft.key)
    return Preview(
        number=row.number + 1 if row is not None else 2 if definitions.shipped(draft.key) else 1,
        live=row,
        remarks=checking.remarks(draft.key, draft.bpmn, draft.forms, draft.decisions),
        changes=changes(draft.key, live, drafts.drawing(draft)),
        placed=placed(live.bpmn if live is not None else None, draft.bpmn),
        staying=running(draft.key),
        is_overtaken=newest != draft.base_id and newest is not None and draft.base_id is not None,
        needs_second=needs_second_person(),
        tests=tests_of(draft),
    )


def tests_of(draft: WorkflowDraft) -> Results | None:
    """What the test cases of a draft come to; None where it cannot be run."""
    try:
        return trying.results(draft.key, drafts.drawing(draft), trying.AT_THE_GATE)
    except (Invalid, NotFound):
        return None


def changes(key: str, before: Drawing | None, after: Drawing) -> list[Change]:
    """What is different in the drawing, the forms and the tables it asks; nothing where one cannot be read."""
    if before is None:
        return []
    try:
        old, new = parse(before.bpmn), parse(after.bpmn)
    except DiagramInvalid:
        return []
    names = {id_: checking.label(new, id_) for id_ in new.elements}
    asked = (old, catalogue.Forms(key, before.forms)), (new, catalogue.Forms(key, after.forms))
    tables = (old, catalogue.tables(before.decisions)), (new, catalogue.tables(after.decisions))
    return [*differences(old, new), *form_differences(*asked, names), *table_differences(*tables, names)]


def _live(key: str) -> Drawing | None:
    try:
        return drafts.live(key)
    except NotFound:
        return None


@repeated
def publish(key: str, *, saved: int, note: str, tag: str = "", waived: str = "") -> int | None:
    """Make the draft the version new documents run; its number, or None when it waits for a second person now.

    `waived` says why although test cases fail. Raises Invalid at `note` or `waived`, or for a draft with errors,
    StaleVersion when it was changed since it was looked at.
    """
    require("publish", SUBJECT)
    draft = _asked(key, saved)
    if draft.proposed_by_id is None or not needs_second_person():
        draft.note, draft.tag, draft.waived = _note(note), tag.strip()[:60], waived.strip()[:400]
    if checking.errors(checking.remarks(key, draft.bpmn, draft.forms, draft.decisions)):
        raise Invalid(_("Mend the errors first; a version with errors cannot run."))
    _require_tested(draft)
    acting = context.current()
    if needs_second_person():
        if draft.proposed_by_id is None:
            _propose(draft)
            return None
        if draft.proposed_by_id == acting.member_id:
            raise Conflict(_("You proposed it yourself; a second person has to agree."))
    return _publish(draft)


@repeated
def send_back(key: str, *, saved: int) -> WorkflowDraft:
    """Take a proposal back, or decline a colleague's: the draft can be worked on again."""
    require("edit", SUBJECT)
    draft = _asked(key, saved)
    draft.proposed_at, draft.proposed_by, draft.proposed_by_id = None, "", None
    return draft


@repeated
def again(key: str, definition_id: int) -> int:
    """Publish an old version anew, as it was; the number it gets. Raises NotFound, or Invalid for the live one."""
    require("publish", SUBJECT)
    _lock(key)
    old = drafts.definition(key, definition_id)
    if old.id == definitions.newest_id(key):
        raise Invalid(_("This version is live already."))
    note = _("Version %(number)s again", number=old.number)
    made = definitions.publish(key, old.bpmn, note=note, tag=old.tag, forms=old.forms, decisions=old.decisions,
                               cases=old.cases, waived=old.waived)  # fmt: skip
    return drafts.definition(key, made).number


def _asked(key: str, saved: int) -> WorkflowDraft:
    wanted = sa.select(WorkflowDraft).where(WorkflowDraft.key == key).with_for_update()
    draft = session().scalar(wanted.execution_options(populate_existing=True))
    if draft is None:
        raise NotFound(_("There is no draft any more; somebody published or discarded it."))
    if draft.version != saved:
        raise StaleVersion(_("%(who)s changed this draft meanwhile. Look at it again.", who=draft.author))
    return draft


def _note(note: str) -> str:
    if not note.strip():
        raise Invalid(fields={"note": _("Say why, so that whoever reads the history understands.")})
    return note.strip()[:400]


def _require_tested(draft: WorkflowDraft) -> None:
    """Test cases of the company's own that fail forbid publishing unless somebody says why not."""
    found = tests_of(draft)
    if found is None or not found.forbids:
        draft.waived = ""
    elif not draft.waived:
        raise Invalid(fields={"waived": _("Mend them, or say why it may go live all the same.")})


def _propose(draft: WorkflowDraft) -> None:
    acting = context.current()
    draft.proposed_at, draft.proposed_by, draft.proposed_by_id = clock.now(), acting.name, acting.member_id
    for colleague in colleagues_who_may("publish", SUBJECT):
        if colleague.id != acting.member_id:
            notify(
                colleague.id, PROPOSED, url=f"/studio/{draft.key}", who=acting.name, process=catalogue.title(draft.key)
            )


def _publish(draft: WorkflowDraft) -> int:
    _lock(draft.key)
    if definitions.newest_id(draft.key) is None and definitions.shipped(draft.key) is not None:
        definitions.live(draft.key)  # the shipped file is version 1, whoever publishes first
    made = definitions.publish(
        draft.key,
        draft.bpmn,
        note=draft.note,
        tag=draft.tag,
        proposed_by=draft.proposed_by,
        forms=draft.forms,
        decisions=draft.decisions,
        cases=draft.cases,
        waived=draft.waived,
    )
    session().delete(draft)
    session().flush()
    return drafts.definition(draft.key, made).number


def _lock(key: str) -> None:
    """Two who publish one process at once do so one after the other."""
    # versions never change, so nobody may lock one: this is a lock of its own, until the transaction ends
    name = f"publish {context.current().tenant_id} {key}"
    session().execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtextextended(name, 0))))
