"""The customer's page behind a signed link: looking changes nothing, answering completes the one task it names."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any

import flask
from flask import Response, redirect, request
from flask_appbuilder import BaseView, expose

from erp import context, operations
from erp.access import CUSTOMER
from erp.data import audit, files, tenancy
from erp.data.base import repeated, session
from erp.data.files import File, Upload
from erp.data.organisation import Branch, Tenant
from erp.documents.base import Document
from erp.documents.fields import Kind
from erp.documents.signed_links import Grant, LinkGone, open_link
from erp.documents.types import document_type
from erp.errors import Invalid, NotFound
from erp.forms import Bound
from erp.operations.messages import BY_LINK
from erp.web import languages, offers
from erp.web.files import sent
from erp.web.guard import public
from erp.web.limits import GUESS, LINK, limits, network
from erp.workflow import steps
from erp.workflow.models import WorkflowTask
from erp.workflow.people.approval_links import PURPOSE
from erp.workflow.people.tasks import DoneAlready

OPENED = "opened_link"
"""Kind of the audit entry every opening leaves."""


class Portal(BaseView):
    """One page for every purpose a link may have; works without JavaScript."""

    route_base = "/link"
    default_view = "show"

    @expose("/<token>")
    @public
    def show(self, token: str) -> Any:
        """What is asked of the customer, or what has become of it."""
        grant, document = enter(token)
        _log(grant)
        if BY_LINK in grant.scope:
            return self._page(offers.confirming(grant, document, request.path))
        task = offers.open_task(grant, document)
        if task is None or offers.is_replaced(grant, document):
            return self._page(offers.closed(grant, document, task))
        return self._page(offers.asked(grant, document, offers.bound(document, task), task, request.path))

    @expose("/<token>", methods=["POST"])
    @public
    def answer(self, token: str) -> Any:
        """Complete the task; what was typed is kept when something is missing."""
        grant, document = enter(token)
        if BY_LINK in grant.scope:
            operations.send_by_link(grant)
            return redirect(request.path, 303)
        task = offers.open_task(grant, document)
        if task is None or offers.is_replaced(grant, document):
            return self._page(offers.closed(grant, document, task), 409)
        bound = offers.bound(document, task, _typed())
        if bound.ok:
            try:
                _complete(grant, task, bound)
            except Invalid as error:
                bound = bound.refused(error.fields)
            except DoneAlready:
                session.rollback()
                return self._page(offers.closed(grant, document, offers.open_task(grant, document)), 409)
            else:
                return redirect(request.path, 303)
        return self._page(offers.asked(grant, document, bound, task, request.path), 422)

    @expose("/<token>/file/<int:file_id>")
    @public
    def file(self, token: str, file_id: int) -> Response:
        """A print of the document that the link lets its holder read."""
        grant, _document = enter(token)
        row = session().get(File, file_id)
        if row is None or row not in offers.prints(grant):
            raise NotFound
        return sent(files.read(grant.tenant_id, row.sha256), row.name, row.media_type)

    def _page(self, view: Any, status: int = 200) -> Response:
        answer = flask.make_response(self.render_template("millrace/portal_task.html", view=view), status)
        answer.headers["Cache-Control"] = "private, no-store"
        answer.headers["X-Robots-Tag"] = "noindex"
        return answer


def enter(token: str) -> tuple[Grant, Document]:
    """Act as the link's holder on its one document; raises LinkGone, or TooManyRequests.

    Many customers may share an address, so openings are counted by link and only guesses by address.
    """
    limits.take(LINK, hashlib.sha256(token.encode()).hexdigest()[:32], beside=[(GUESS, network())])
    try:
        grant = open_link(token)
    except LinkGone:
        limits.take(GUESS, network())
        raise
    if grant.purpose.startswith(PURPOSE):
        raise LinkGone  # a colleague's, who is no customer
    cookie = request.cookies.get(languages.COOKIE, "")
    acting = context.Context(
        tenant_id=grant.tenant_id,
        address=context.current().address,
        name=f"{grant.holder} (link)",
        language=cookie if cookie in languages.offered() else grant.language,
        source="link",
        roles=frozenset({CUSTOMER}),
    )
    tenancy.enter(acting)
    tenant = session().get(Tenant, grant.tenant_id)
    document = session().get(document_type(grant.subject).cls, grant.subject_id)
    if tenant is None or tenant.status != "active" or not isinstance(document, Document):
        raise LinkGone
    branch = session().get(Branch, document.branch_id) if document.branch_id else None
    zone = branch.timezone if branch is not None else acting.timezone
    own = replace(acting, company_id=document.company_id, branch_id=document.branch_id, timezone=zone)
    context.enter(own)
    return grant, document


def _typed() -> dict[str, Any]:
    found: dict[str, Any] = dict(request.form.lists())
    found.update(request.files.lists())
    return found


@repeated
def _log(grant: Grant) -> None:
    audit.note(OPENED, grant.subject, grant.subject_id)


@repeated
def _complete(grant: Grant, task: WorkflowTask, bound: Bound) -> None:
    """Answer in one transaction with a last look at what is agreed to."""
    steps.lock(task.instance_id)
    document = session().get_one(document_type(grant.subject).cls, grant.subject_id, populate_existing=True)
    if offers.is_replaced(grant, document):
        raise DoneAlready
    answers = {entry.name: bound.values[entry.name] for entry in bound.fields if entry.name in bound.values}
    uploads: list[Upload] = []
    for entry in bound.fields:
        if entry.kind is Kind.FILES:
            added = getattr(answers.pop(entry.name, None), "added", ())
            uploads += [(each.filename or "file", each.read()) for each in added]
    operations.complete(task.id, answers, uploads=uploads)
