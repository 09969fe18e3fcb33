"""One task as a form: what to know, what to fill in, the buttons that end it; in the inbox's pane and alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from erp import clock, context, operations
from erp.access import Member, can
from erp.documents.fields import Kind
from erp.documents.types import DocumentType
from erp.errors import Conflict, Forbidden, Invalid, StaleVersion
from erp.forms import Bound, Form
from erp.forms.inputs import Choice, Input, LinesInput, Section, Submit
from erp.i18n import _, format_date, format_inside
from erp.people import absences
from erp.people.absences import Away
from erp.screens import approvals, beside, words
from erp.screens.absences import told as told_away
from erp.screens.approvals import ApprovalShown
from erp.screens.editing import files_again, lines_of, records_for, refused, said, stale_of, values_of
from erp.screens.guard import sent_version, typed, uploads
from erp.screens.heads import RATE, Opened, opened, shown
from erp.screens.pieces import Stale
from erp.screens.show import file_row, is_own, lines_shown, told
from erp.web.shapes import LinesShown, Link, Shown, State
from erp.workflow.models import DONE, OPEN, WorkflowTask
from erp.workflow.people import candidates, tasks
from erp.workflow.people.tasks import DoneAlready

SIGNATURE = "signature"
"""Look of a field somebody signs in, and purpose of the file it becomes."""
KNOWN = 8
"""Most facts above a form."""


@dataclass(frozen=True)
class TaskPage:
    """millrace/task.html, and the pane of millrace/inbox.html."""

    title: str
    action: str
    crumbs: Sequence[Link]
    states: Sequence[State] = ()
    note: str = ""
    facts: Sequence[Shown] = ()
    fields: Sequence[Input] = ()
    sections: Sequence[Section] = ()
    lines: Sequence[LinesInput] = ()
    buttons: Sequence[Submit] = ()
    version: str = ""
    errors: Sequence[str] = ()
    stale: Stale | None = None
    done: str = ""
    help: str = ""
    claim_url: str = ""
    release_url: str = ""
    delegate_url: str = ""
    members: Sequence[Choice] = ()
    document_url: str = ""
    document_label: str = ""
    shown_lines: Sequence[LinesShown] = ()
    approval: ApprovalShown | None = None


@dataclass(frozen=True)
class Result:
    """What became of a posted task: done, or the page to show again with its HTTP status."""

    task: WorkflowTask
    page: TaskPage | None = None
    status: int = 200


class TaskDesk:
    """A task with its document and form, opened for the actor."""

    def __init__(self, task: WorkflowTask, base: str) -> None:
        self.task, self.url = task, f"{base}/{task.id}"
        self.alone = "" if base == "/inbox" else "?alone=1"
        with context.acting(permissions=context.current().permissions | {("show", task.document_type)}):
            self.it: Opened = opened(task.document_type, task.document_id)
        self.form: Form = operations.task_form(task)

    # -- showing ------------------------------------------------------------------------------------------

    def bound(self, raw: Mapping[str, Any] | None) -> Bound:
        """The form over the document's present values."""
        values = values_for(self.it.type, self.it.row, self.form)
        return self.form.bind(raw, values, currency=self.it.currency, lookup=records_for(self.form.fields, values))

    def page(self, bound: Bound, *, stale: Stale | None = None, version: str = "") -> TaskPage:
        """The form as drawn."""
        sections = self.form.sections(bound)
        lines = lines_of(self.it.type, bound, self.it.row)
        base = replace(self.closed(""), done="")
        return replace(
            base,
            facts=self.facts(),
            sections=sections,
            lines=lines,
            buttons=self.buttons(),
            version=version or self.version(),
            errors=said(bound),
            stale=stale,
            help=_(self.documentation()) if self.documentation() else "",
            approval=approvals.shown(self.task, self.it.row, self.it.currency),
            shown_lines=[*beside.above(self.it, self.task.element), *tables_shown(self.it, self.form)],
            **self.handing_on(),
        )

    def version(self) -> str:
        """The version the form was made from."""
        sent = sent_version()
        return str(self.it.row.version if sent is None else sent)

    def closed(self, sentence: str) -> TaskPage:
        """The page of a task that cannot be done by the actor: why, and the way to the document."""
        it, may = self.it, can("show", self.it.type.name)
        badge = words.state_of(it.row, it.states)
        crumbs = [Link(it.number, it.url if may else ""), Link(it.row.summary, it.url if may else "")]
        return TaskPage(
            title=_(self.task.name),
            action=self.url,
            crumbs=[link for link in crumbs if link.label] if may else [],
            states=[badge] if badge else [],
            note=self.note(),
            done=sentence,
            document_url=it.url if may else "",
            document_label=_("Open %(number)s", number=it.number),
        )

    def note(self) -> str:
        """Whose it is and until when."""
        task, parts = self.task, list[str]()
        away = tasks.done_for(task) if task.status == OPEN else None
        if away is not None:
            day = format_date(away.until_on)
            parts.append(_("You stand in for %(who)s, who is away until %(day)s.", who=away.name, day=day))
        if task.status == OPEN and task.given_by:
            parts.append(
                _(
                    "%(who)s gave it to %(whom)s, %(moment)s.",
                    who=task.given_by,
                    whom=self.whom(),
                    moment=format_inside(task.claimed_at),
                )
            )
            parts += [_("“%(text)s”", text=task.note)] if task.note else []
        elif task.status == OPEN and task.assignee_id is not None:
            parts.append(_("Claimed by %(who)s, %(moment)s.", who=self.whom(), moment=format_inside(task.claimed_at)))
        elif task.status == OPEN:
            parts.append(
                _(
                    "For %(role)s, open since %(moment)s.",
                    role=tasks.for_whom(task),
                    moment=format_inside(task.opened_at),
                )
            )
        if task.status == OPEN and task.due_at is not None:
            late = task.due_at < clock.now()
            when = format_inside(task.due_at)
            parts.append(_("It was due %(moment)s.", moment=when) if late else _("Due %(moment)s.", moment=when))
        return " ".join(parts)

    def whom(self) -> str:
        """Who has it."""
        return _("you") if self.task.assignee_id == context.current().member_id else self.task.assignee

    def facts(self) -> list[Shown]:
        """What to know of the document."""
        return facts_of(self.it, self.form)

    def buttons(self) -> list[Submit]:
        """The answers drawn as buttons, else one that says what is done."""
        return buttons_of(self.form, self.task.name)

    def documentation(self) -> str:
        """What the diagram tells whoever does the step."""
        return tasks.element_of(self.task).documentation

    def handing_on(self) -> dict[str, Any]:
        """Release and delegate, for whom they are."""
        task, acting = self.task, context.current()
        mine = task.assignee_id == acting.member_id
        members = candidates.givable(task)
        members.sort(key=lambda each: each.id != task.given_by_id)
        away = {each.member_id: each for each in absences.of([each.id for each in members]) if each.is_now}
        found: dict[str, Any] = {"members": [self._choice(each, away.get(each.id)) for each in members]}
        base = f"/inbox/{task.id}"
        if mine and task.approval is None and (task.candidates is not None or task.role in acting.roles):
            found["release_url"] = f"{base}/release{self.alone}"
        if members:
            found["delegate_url"] = f"{base}/delegate{self.alone}"
        return found

    def _choice(self, member: Member, away: Away | None) -> Choice:
        """A colleague the task may go to; who gave it comes first, and who is away is marked."""
        back = _("gave it to you") if member.id == self.task.given_by_id else ""
        return Choice(str(member.id), member.name, told_away(away) if away is not None else back)


def facts_of(it: Opened, form: Form) -> list[Shown]:
    """What to know of a document: what it is, for whom, and what was written before, not what the form asks."""
    asked = {entry.binds for entry in form.fields}
    own = [e for e in it.type.fields if e.name not in asked and e.name != RATE and not e.extra]
    own = [e for e in own if not (e.kind is Kind.MONEY and e.name != getattr(it.type.cls, "amount_field", ""))]
    known = [(entry, shown(it, entry)) for entry in own]
    found = [fact for entry, fact in known if fact.value not in (None, "", False, 0) and not is_own(it, entry, fact)]
    first = {it.type.cls.title_field, getattr(it.type.cls, "amount_field", "")}
    labels = {str(entry.label) for entry in it.type.fields if entry.name in first}
    found.sort(key=lambda fact: not (fact.kind in {"link", "money"} or fact.label in labels))
    found[2:2] = told(it)
    photos = [file_row(it.url, file) for file in it.files if file.is_image and not file.purpose]
    if photos:
        found = [*found[:KNOWN], Shown(_("Photos"), photos[:6], "files", wide=True)]
    return found[: KNOWN + 1]


def tables_shown(it: Opened, form: Form) -> list[LinesShown]:
    """The rows of a document above a form that does not ask them."""
    if any(entry.kind is Kind.LINES for entry in form.fields):
        return []
    return [lines_shown(it, table) for table in it.type.tables if getattr(it.row, table.name)]


def buttons_of(form: Form, name: str) -> list[Submit]:
    """The answers drawn as buttons, else one that says what is done."""
    return form.buttons() or [Submit(_(name), "answer", "done", "check", primary=True)]


def values_for(kind: DocumentType, row: Any, form: Form) -> dict[str, Any]:
    """What a document holds for the fields a form fills."""
    values = values_of(kind, row, kind.editable)
    return {entry.name: values.get(entry.binds) for entry in form.fields if entry.binds}


def desk_of(task_id: int, base: str) -> TaskDesk:
    """The task opened for the actor; raises NotFound, or Forbidden when it was never theirs."""
    task = tasks.get(task_id)
    if not tasks.is_for_me(task):
        raise Forbidden(tasks.why_not(task))
    return TaskDesk(task, base)


def task_page(desk: TaskDesk) -> TaskPage:
    """The form, or who has done the task already and when."""
    try:
        tasks.require_open(desk.task)
    except Conflict as error:
        return desk.closed(error.message)
    return desk.page(desk.bound(None))


def submit(desk: TaskDesk) -> Result:
    """Do the task with what was posted; nothing typed is lost when it cannot be done."""
    task = desk.task
    if task.status == DONE:
        return Result(task, task_page(desk), int(DoneAlready.status))
    bound = desk.bound(typed())
    if not bound.ok:
        return Result(task, desk.page(files_again(bound)), 200 if bound.adding else int(Invalid.status))
    files = {entry.name for entry in desk.form.fields if entry.kind is Kind.FILES}
    answers = {name: value for name, value in bound.values.items() if name not in files}
    signed = {entry.name for entry in desk.form.fields if entry.look == SIGNATURE}
    sent = [
        upload
        for name in sorted(files)
        if (value := bound.values.get(name))
        for upload in uploads(value.added, SIGNATURE if name in signed else "")
    ]
    try:
        done = operations.complete(task.id, answers, version=sent_version(), uploads=sent)
    except StaleVersion as error:
        stale = stale_of(desk.it.type, bound, error)
        page = desk.page(files_again(bound), stale=stale, version=str(error.detail["version"]))
        return Result(task, page if stale else replace(page, errors=[error.message]), int(error.status))
    except Invalid as error:
        return Result(task, desk.page(files_again(refused(bound, error))), int(error.status))
    except Conflict as error:
        return Result(task, desk.closed(error.message), int(error.status))
    return Result(done)
