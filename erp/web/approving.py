"""A colleague's page behind the link of a mail: looking changes nothing, one click votes; no sign-in, no script."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import flask
from flask import Response, redirect, request
from flask_appbuilder import BaseView, expose

from erp import access, context, i18n, operations
from erp.access import Member
from erp.data import audit, tenancy
from erp.data.base import repeated, session
from erp.data.organisation import company
from erp.documents.base import Document
from erp.documents.signed_links import Grant, LinkGone, open_link
from erp.documents.types import document_type
from erp.errors import Conflict, Forbidden, Invalid, NotFound
from erp.forms import Bound
from erp.i18n import _
from erp.web import offers
from erp.web.guard import public
from erp.web.limits import GUESS, LINK, limits, network
from erp.web.shapes import Cell, Column, LinesShown, PortalView, Row, Shown
from erp.workflow.models import OPEN, WorkflowTask
from erp.workflow.people import approvals, reopening, tasks
from erp.workflow.people.approval_links import MEMBER, PURPOSE, TASK
from erp.workflow.people.approvals import ContentChanged

MAIL = "mail"
"""Way in of who votes from a mail."""
OPENED = "opened_approval"
MOST_FACTS = 12


class Approving(BaseView):
    """`/approve/<token>`."""

    route_base = "/approve"
    default_view = "show"

    @expose("/<token>")
    @public
    def show(self, token: str) -> Any:
        """What is to be decided, or what has become of it."""
        _grant, task, document = enter(token)
        _log(task)
        if (said := _closed(task)) is not None:
            return self._page(_view(task, document, done=said))
        return self._page(_view(task, document, approvals.form(task, document).bind(None)))

    @expose("/<token>", methods=["POST"])
    @public
    def vote(self, token: str) -> Any:
        """Vote; what was typed is kept when something is missing."""
        grant, task, document = enter(token)
        if (said := _closed(task)) is not None:
            return self._page(_view(task, document, done=said), 409)
        bound = approvals.form(task, document).bind(dict(request.form.lists()))
        if not bound.ok:
            return self._page(_view(task, document, bound), 422)
        try:
            _vote(grant, bound.values)
        except Invalid as error:
            return self._page(_view(task, document, bound.refused(error.fields)), 422)
        except (Conflict, Forbidden) as error:
            session.rollback()
            return self._page(_view(task, document, done=error.message), 409)
        return redirect(request.path, 303)

    def _page(self, view: PortalView, status: int = 200) -> Response:
        answer = flask.make_response(self.render_template("millrace/portal_task.html", view=view), status)
        answer.headers["Cache-Control"] = "private, no-store"
        answer.headers["X-Robots-Tag"] = "noindex"
        answer.headers["Referrer-Policy"] = "no-referrer"
        return answer


def enter(token: str) -> tuple[Grant, WorkflowTask, Document]:
    """Act as the member a link was mailed to, with the rights they have now; raises LinkGone or TooManyRequests."""
    limits.take(LINK, hashlib.sha256(token.encode()).hexdigest()[:32], beside=[(GUESS, network())])
    try:
        grant = open_link(token)
    except LinkGone:
        limits.take(GUESS, network())
        raise
    if not grant.purpose.startswith(PURPOSE):
        raise LinkGone
    address = context.current().address
    tenancy.enter(context.Context(tenant_id=grant.tenant_id, address=address, source=MAIL))
    member = session().get(Member, grant.scope[MEMBER])
    if member is None or access.enter_as(member.user_id, grant.tenant_id, source=MAIL) is None:
        raise LinkGone
    try:
        task = tasks.get(grant.scope[TASK])
    except NotFound as error:
        raise LinkGone from error
    document = session().get(document_type(grant.subject).cls, grant.subject_id)
    if not isinstance(document, Document) or task.document_id != grant.subject_id or task.approval is None:
        raise LinkGone
    return grant, task, document


@repeated
def _log(task: WorkflowTask) -> None:
    audit.note(OPENED, task.document_type, task.document_id, item=_(task.name))


@repeated
def _vote(grant: Grant, answers: Mapping[str, Any]) -> None:
    """Vote in one transaction, on what the mail spoke of and nothing else."""
    task, _instance = tasks.locked(grant.scope[TASK])
    if task.approval is None or task.approval["hash"] != grant.content_hash:
        raise ContentChanged
    operations.complete(task.id, answers)


def _changed(task: WorkflowTask, document: Document) -> list[LinesShown]:
    """What changed since somebody voted: old and new, rows added and removed."""
    rows = []
    for each in reopening.changes(task, document):
        what = _(", ").join(
            part for part in (each.table, each.line, str(each.field.label) if each.field else "") if part
        )
        if each.field is None:
            how = _("added") if each.after is not None else _("removed")
        else:
            old, new = (each.field.shown(each.field.from_json(side)) if side not in (None, "") else "–"
                        for side in (each.before, each.after))  # fmt: skip
            how = _("%(old)s → %(new)s", old=old, new=new)
        rows.append(Row(what, what, [Cell(what, sub=how)]))
    columns = [Column("what", _("What"), "title")]
    return [LinesShown(_("Changed after votes were cast"), columns, rows)] if rows else []


def _closed(task: WorkflowTask) -> str | None:
    """Why the member does not vote here any more; None while they may."""
    own = context.current().member_id
    for row in approvals.votes(task):
        if own in (row.member_id, row.for_id):
            label = {"approve": _("approved"), "reject": _("rejected"), "return": _("sent back")}[row.decision]
            return _("Thank you. You have decided: %(decision)s, %(when)s.", decision=label,
                     when=i18n.format_inside(row.at))  # fmt: skip
    if task.status != OPEN:
        return _("This is decided already: %(when)s.", when=i18n.format_inside(task.closed_at))
    if not tasks.may_do(task):
        return _("Your vote is not wanted here any more.")
    return None


def _view(task: WorkflowTask, document: Document, bound: Bound | None = None, *, done: str = "") -> PortalView:
    kind = document_type(task.document_type)
    title = f"{_(task.name)}: {document.called}"
    if bound is None:
        return PortalView(
            company=company().name, title=title, sentence="", number=document.number or "", action="", done=done,
            done_kind="good",
        )  # fmt: skip
    amount = getattr(document, document.amount_field, None) if document.amount_field else None
    wished = [entry.name for entry in kind.fields if not entry.readonly and entry.name != "tax_rate"][:MOST_FACTS]
    facts = [Shown(_("Made by"), document.created_by), *offers.facts_of(kind, document, wished)]
    if amount is not None:
        facts.insert(0, Shown(_("Amount"), amount, "money", currency=document.currency))
    return PortalView(
        company=company().name,
        title=title,
        sentence=_("%(who)s, your decision is asked for. %(missing)s", who=context.current().name,
                   missing=approvals.missing(task)),
        number=document.number or "",
        action=request.path,
        facts=facts,
        lines=[*_changed(task, document), *offers.lines_of(kind, document)],
        fields=bound.inputs(),
        buttons=approvals.form(task, document).buttons(),
        errors=bound.other_errors,
        version=str(document.version),
    )  # fmt: skip
